import { browser } from "@web/core/browser/browser";

/** The server refused the question; the message is for a person. */
export class StreamError extends Error {}

/**
 * The events of one part of a stream, and what is left of it.
 *
 * @param {string} buffer
 * @returns {{events: Object[], rest: string}}
 */
export function readEvents(buffer) {
    const blocks = buffer.split("\n\n");
    const rest = blocks.pop();
    const events = [];
    for (const block of blocks) {
        const data = block
            .split("\n")
            .filter((line) => line.startsWith("data:"))
            .map((line) => line.slice(5).trimStart())
            .join("\n");
        if (data) {
            events.push(JSON.parse(data));
        }
    }
    return { events, rest };
}

/**
 * Post a form and hand over the server-sent events as they come.
 *
 * @param {string} url
 * @param {Object} values fields of the form; the token against forgery is added
 * @param {(event: Object) => void} onEvent
 * @param {AbortSignal} signal ends the request
 * @throws {StreamError}
 */
export async function streamEvents(url, values, onEvent, signal) {
    const body = new FormData();
    for (const [name, value] of Object.entries({ ...values, csrf_token: odoo.csrf_token })) {
        body.append(name, value);
    }
    const response = await browser.fetch(url, { method: "POST", body, signal });
    const type = response.headers.get("Content-Type") || "";
    if (!response.ok && type.startsWith("application/json")) {
        throw new StreamError((await response.json()).message);
    }
    if (!response.ok || !type.startsWith("text/event-stream")) {
        throw new Error(String(response.status));
    }
    const reader = response.body.getReader();
    const decoder = new TextDecoder();
    let buffer = "";
    for (;;) {
        const { done, value } = await reader.read();
        if (done) {
            return;
        }
        const { events, rest } = readEvents(buffer + decoder.decode(value, { stream: true }));
        buffer = rest;
        events.forEach(onEvent);
    }
}
