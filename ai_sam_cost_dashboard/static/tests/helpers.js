import { getService, makeMockEnv, patchWithCleanup } from "@web/../tests/web_test_helpers";
import { getDefaultConfig } from "@web/views/view";

/**
 * Makes the environment of an action and returns what plays the server's notifications: a
 * function (type, payload).
 */
export async function makeActionEnv() {
    await makeMockEnv({ config: getDefaultConfig() });
    const subscribed = new Map();
    patchWithCleanup(getService("bus_service"), {
        subscribe: (type, callback) => subscribed.set(type, callback),
        unsubscribe: (type) => subscribed.delete(type),
    });
    return (type, payload) => subscribed.get(type)?.(payload);
}
