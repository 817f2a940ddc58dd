import { rpcBus } from "@web/core/network/rpc";
import { startClickEverywhere } from "@web/webclient/clickbot/clickbot_loader";

const ATTRIBUTES = ["title", "placeholder", "aria-label", "data-tooltip", "alt"];
const WALKED = "clickbot test succeeded";
const TOURED = "tour succeeded";
// what core's script asks for when it tries filters and views
const FILTERS = ".o_control_panel .dropdown-toggle.o_searchview_dropdown_toggler";
const VIEWS = "nav.o_cp_switch_buttons > button.o_switch_view:not(.active):not(.o_map)";

/**
 * Note which of `terms` the client shows.
 *
 * @param {string[]} terms texts that have a translation and so are never seen as they are
 * @returns {Map} term → where it was seen
 */
function watch(terms) {
    const known = new Set(terms);
    const seen = new Map();

    function note(text, element) {
        const term = text.trim();
        if (known.has(term) && !seen.has(term)) {
            seen.set(term, `${document.title}: ${element.tagName} .${element.className}`);
        }
    }

    function look() {
        const walker = document.createTreeWalker(document.body, NodeFilter.SHOW_TEXT | NodeFilter.SHOW_ELEMENT);
        while (walker.nextNode()) {
            const node = walker.currentNode;
            if (node.nodeType === Node.TEXT_NODE) {
                note(node.data, node.parentElement);
                continue;
            }
            for (const attribute of ATTRIBUTES) {
                if (node.hasAttribute(attribute)) {
                    note(node.getAttribute(attribute), node);
                }
            }
        }
    }

    let timer;
    const lookSoon = () => {
        clearTimeout(timer);
        timer = setTimeout(look, 20);
    };
    odoo.__WOWL_DEBUG__.root.env.bus.addEventListener("ACTION_MANAGER:UI-UPDATED", lookSoon);
    rpcBus.addEventListener("RPC:RESPONSE", lookSoon);
    return seen;
}

/**
 * Shorten the walk of core's script: filters are tried in the first view alone, since all views of a menu have
 * the same ones, or neither filters nor further views at all.
 */
function shorten(menusAlone) {
    const isHidden = (selector) =>
        (selector === FILTERS && (menusAlone || document.querySelector(".o_switch_view ~ .o_switch_view.active"))) ||
        (selector === VIEWS && menusAlone);
    for (const name of ["querySelector", "querySelectorAll"]) {
        const query = document[name].bind(document);
        document[name] = (selector) => query(isHidden(selector) ? "no-such-element" : selector);
    }
}

/**
 * Return a promise of what a script says in the console when it has succeeded.
 */
function waitFor(signal) {
    return new Promise((resolve) => {
        const log = console.log;
        console.log = (message, ...more) => {
            log.call(console, message, ...more);
            if (message === signal) {
                console.log = log;
                resolve();
            }
        };
    });
}

/**
 * Walk through an app by core's click-everywhere, then take a tour, which begins on the workplace.
 * The console says "walk succeeded" at the end.
 *
 * @param {string} app external id of its menu
 * @param {string} tour its name
 * @param {string} termsUrl of a JSON list of texts that must not be seen
 * @param {boolean} menusAlone whether no filter and no further view is tried
 */
export async function walk(app, tour, termsUrl, menusAlone) {
    const seen = watch(await (await fetch(termsUrl)).json());
    shorten(menusAlone);
    startClickEverywhere(app);
    await waitFor(WALKED);
    // a tour lets no error be seen any more once it has ended, so it comes last
    await odoo.__WOWL_DEBUG__.root.env.services.action.doAction("cfia_membership.cfia_workplace_action", {
        clearBreadcrumbs: true,
    });
    odoo.startTour(tour, { mode: "auto", redirect: false });
    await waitFor(TOURED);
    if (seen.size) {
        console.error(`English was seen: ${JSON.stringify([...seen], null, 1)}`);
    } else {
        console.log("walk succeeded");
    }
}
