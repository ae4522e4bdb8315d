/**
 * How a column of amounts is written: each with the same number of decimals, enough for the
 * largest; what is too small for them is said to be less than the smallest.
 *
 * @param {Array<number|null>} amounts
 * @param {number} digits decimals of the currency
 * @param {(amount: number|null, decimals: number) => string} write
 * @returns {(amount: number|null) => string}
 */
export function fixedDecimals(amounts, digits, write) {
    const largest = Math.max(0, ...amounts.map((amount) => Math.abs(amount || 0)));
    const size = Number(largest.toExponential().split("e")[1]);
    const decimals = largest && size < 0 ? Math.min(20, Math.max(digits, 1 - size)) : digits;
    const least = 10 ** -decimals;
    return (amount) => {
        if (amount && Math.abs(amount) < least / 2) {
            const text = write(least, decimals);
            return amount < 0 ? `> -${text}` : `< ${text}`;
        }
        return write(amount, decimals);
    };
}
