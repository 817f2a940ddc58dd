/* Presses what can be seen in Odoo's client; press.py tells it what and undoes it. */
window.cfiaRobot = (() => {
    const env = () => odoo.__WOWL_DEBUG__.root.env;
    const services = () => env().services;
    const isVisible = (el) => el.checkVisibility({ visibilityProperty: true, opacityProperty: false }) && el.getClientRects().length > 0;
    const visible = (selector, root = document) => [...root.querySelectorAll(selector)].filter(isVisible);
    const textOf = (el) =>
        (el.innerText || el.getAttribute("aria-label") || el.getAttribute("data-tooltip") || el.title || el.name || "")
            .replace(/\s+/g, " ").trim().slice(0, 60);

    // === WAITING === //
    let running = 0;
    let requests = 0;
    let changes = 0;
    const fetchOnce = window.fetch;
    let crashes = [];
    /** Note where the server broke: an answer with an error that is none of Odoo's refusals. */
    function hear(request) {
        try {
            const error = !request.responseType && request.responseText.includes('"error"') && JSON.parse(request.responseText).error;
            if (error?.data && !error.data.name.startsWith("odoo.exceptions.")) {
                crashes.push(error.data.debug.slice(-900));
            }
        } catch {
            // no JSON
        }
    }
    const isOfBus = (url) => /\/(bus|websocket|mail\/(data|action|im_status)|web\/dataset\/call_kw\/bus)/.test(String(url));
    window.fetch = async (...args) => {
        if (isOfBus(args[0]?.url || args[0])) {
            return fetchOnce(...args);
        }
        running++;
        requests++;
        try {
            return await fetchOnce(...args);
        } finally {
            running--;
        }
    };
    const { open, send } = XMLHttpRequest.prototype;
    XMLHttpRequest.prototype.open = function (method, url, ...rest) {
        this.cfiaUrl = url;
        return open.call(this, method, url, ...rest);
    };
    XMLHttpRequest.prototype.send = function (...args) {
        if (!isOfBus(this.cfiaUrl)) {
            running++;
            requests++;
            this.addEventListener("loadend", () => {
                running--;
                hear(this);
            });
        }
        return send.apply(this, args);
    };
    new MutationObserver((records) => (changes += records.length)).observe(document.documentElement, {
        subtree: true, childList: true, attributes: true, characterData: true,
    });
    const sleep = (ms) => new Promise((resolve) => setTimeout(resolve, ms));
    const frame = () => Promise.race([new Promise((resolve) => requestAnimationFrame(resolve)), sleep(400)]);
    /** Wait until no request runs and the page stands still; it is drawn frame by frame, on a busy machine seldom. */
    async function settle(patience = 30000) {
        const end = Date.now() + patience;
        let still = 0;
        let last = -1;
        while (Date.now() < end && still < 3) {
            await sleep(20);
            await frame();
            const blocked = document.querySelector(".o_blockUI") || running;
            still = blocked || changes !== last ? 0 : still + 1;
            last = changes;
            if (running === 0 && Date.now() > end - patience + 8000) {
                break; // a spinner or clock never stands still
            }
        }
    }

    // === SCREENS === //
    function menus(app) {
        const found = [];
        const walk = (menu, path) => {
            const here = [...path, menu.name];
            if (menu.actionID && path.length) {
                found.push({ id: menu.id, xmlid: menu.xmlid, action: menu.actionID, name: here.join(" › ") });
            }
            for (const child of menu.childrenTree || []) {
                walk(child, here);
            }
        };
        const menuService = services().menu;
        for (const root of menuService.getApps()) {
            if (root.xmlid === app) {
                walk(menuService.getMenuAsTree(root.id), []);
            }
        }
        return found;
    }
    function apps() {
        return services().menu.getApps().map(({ id, xmlid, name, actionID }) => ({ id, xmlid, name, action: actionID }));
    }
    let opening;
    /** Open a screen afresh: an action, one of its views, perhaps a record and with no filter of its own. */
    async function show({ action, view, resId, all }) {
        closeAll();
        if (running || document.querySelector(".o_dialog")) {
            await settle();
        }
        let target = action;
        if (all) {
            const loaded = { ...(await services().action.loadAction(action)) };
            const kept = Object.entries(loaded.context || {}).filter(([key]) => !key.startsWith("search_default_"));
            target = { ...loaded, context: Object.fromEntries(kept) };
        }
        const options = { clearBreadcrumbs: true };
        if (view) {
            options.viewType = view;
        }
        if (resId) {
            options.props = { resId };
        }
        opening = services().action.doAction(target, options).catch((error) => String(error?.message || error));
        const result = await Promise.race([opening, sleep(30000).then(() => "no answer in 30 seconds")]);
        await settle();
        return typeof result === "string" ? result : "";
    }
    function look() {
        const controller = services().action.currentController;
        return {
            view: controller?.view?.type || controller?.action?.tag || "",
            views: (controller?.views || []).map((view) => view.type),
            title: document.title,
            rows: visible(".o_list_view .o_data_row, .o_kanban_record:not(.o_kanban_ghost)").length,
        };
    }
    async function openFirst() {
        const cell = visible(".o_list_view .o_data_row .o_data_cell:not(:has(button, a, input))")[0]
            || visible(".o_list_view .o_data_row .o_data_cell")[0]
            || visible(".o_kanban_record:not(.o_kanban_ghost)")[0];
        if (!cell) {
            return 0;
        }
        const list = services().action.currentController;
        cell.click();
        for (let tries = 0; tries < 200 && services().action.currentController === list; tries++) {
            if (document.querySelector(".o_selected_row, .modal")) {
                break; // edited where it stands
            }
            await sleep(50);
        }
        await settle();
        const controller = services().action.currentController;
        const isForm = controller?.view?.type === "form";
        return isForm ? controller.currentState?.resId || controller.props?.resId || -1 : 0;
    }

    // === WHAT CAN BE PRESSED === //
    const NOT_PRESSED = [
        ".o_searchview", ".o_pager", ".o_cp_switch_buttons", ".o_breadcrumb", ".o_control_panel_breadcrumbs .o_form_status_indicator",
        ".o-mail-Chatter", ".o_optional_columns_dropdown", ".o_cp_action_menus", ".o_field_many2one", ".o_field_many2many_tags",
        ".o_field_x2many_list_row_add", ".o_list_record_remove", ".o_datetime_button", ".o_field_image", ".o_field_html",
        ".o_calendar_sidebar", ".o_cp_bottom_right", ".o_field_phone", ".o_field_email", ".o_field_url", ".o_search_panel", ".o_button_more",
    ].join(", ");
    const OF_CORE = ".o_pivot_buttons, .o_pivot, .o_graph_buttons, .o_graph_view, .o_calendar_header, .o_calendar_renderer, .o_activity_view, .o_calendar_buttons, .o_cp_calendar";
    const PRESSABLE = "button, a.btn, [role='button'], .o_cfia_tile, .oe_stat_button, a[type='object'], a[type='action']";
    /** Return the buttons of a screen; of the rows of a list and the cards of a kanban the first one's alone. */
    function buttons() {
        const first = new Map();
        const found = [];
        for (const el of visible(PRESSABLE, document.querySelector(".o_action_manager"))) {
            if (el.closest(NOT_PRESSED) || el.disabled || (el.matches(".dropdown-toggle, .o-dropdown, .active") && !el.name)) {
                continue;
            }
            const row = el.closest(".o_data_row, .o_kanban_record, .o_cfia_row, tbody > tr");
            if (row) {
                const list = row.parentElement;
                if (!first.has(list)) {
                    first.set(list, row);
                }
                if (first.get(list) !== row) {
                    continue;
                }
            }
            if (el.closest(".o_notebook_headers") || el.matches(".o_arrow_button")) {
                continue;
            }
            found.push(el);
        }
        return found;
    }
    function tabs() {
        return visible(".o_form_view .o_notebook_headers .nav-link:not(.disabled)");
    }
    async function unfolded() {
        for (let tries = 0; tries < 80 && !visible(".o-dropdown--menu .o-dropdown-item").length; tries++) {
            await sleep(25);
        }
        await settle(2000);
    }
    async function unfold() {
        const more = visible(".o_button_more")[0];
        if (more) {
            more.click();
            await settle(2000);
        }
    }
    const toggles = () => visible(".o_control_panel .o_cp_action_menus button.dropdown-toggle, .o_control_panel .o_cp_action_menus .o-dropdown, .o_form_view .o_button_more");
    async function select() {
        const box = visible(".o_list_view .o_data_row .o_list_record_selector input")[0];
        if (box) {
            box.click();
            await settle(3000);
        }
        return Boolean(box);
    }
    /** Return what can be pressed, tab by tab, and which lists contradict the heading of their tab. */
    async function candidates() {
        const found = [];
        const contradictions = new Set();
        const seen = new Set();
        const add = (how, els) => {
            els.forEach((el, index) => {
                const label = textOf(el);
                const key = `${el.name || ""}|${label}|${el.closest("[name]")?.getAttribute("name") || ""}`;
                if (!seen.has(key)) {
                    seen.add(key);
                    found.push({ ...how, index, label: labelOf(el), isCore: Boolean(el.closest(OF_CORE)) });
                }
            });
        };
        const addMenus = async (how) => {
            for (const [toggle, el] of toggles().entries()) {
                const title = textOf(el);
                el.click();
                await unfolded();
                const items = visible(".o-dropdown--menu .o-dropdown-item");
                items.forEach((item, index) => {
                    const label = `${title} › ${textOf(item)}`;
                    if (!seen.has(`menu|${label}`)) {
                        seen.add(`menu|${label}`);
                        found.push({ ...how, toggle, index, label });
                    }
                });
                document.body.dispatchEvent(new KeyboardEvent("keydown", { key: "Escape", bubbles: true }));
                el.isConnected && document.querySelector(".o-dropdown--menu") && el.click();
                await settle(1000);
            }
        };
        add({}, buttons());
        await addMenus({});
        for (const [tab, el] of tabs().entries()) {
            el.click();
            await settle(3000);
            add({ tab }, buttons());
            contradict().forEach((text) => contradictions.add(text));
        }
        if (await select()) {
            add({ select: true }, buttons());
            await addMenus({ select: true });
        }
        return { found, contradictions: [...contradictions] };
    }

    // === PRESSING === //
    const dialogs = () => visible(".modal.d-block, .modal.o_technical_modal").filter((el) => !el.classList.contains("o_inactive_modal"));
    const REFUSALS = ["无效操作", "验证错误", "缺少必填字段", "提示", "警告", "Odoo警告"];
    /** Return what broke; a refusal that says why is none, an act that the role is shown and may not do is one. */
    const errors = () => [
        ...crashes,
        ...visible(".modal:is(:has(.o_error_dialog), .o_error_dialog), .o_error_dialog, .modal:has(.o_error_detail)")
            .filter((el) => el.querySelector(".o_error_detail, .o_clipboard_button") || !REFUSALS.includes(textOf(el.querySelector(".modal-title") || el)))
            .map((el) => el.innerText.replace(/\s+/g, " ").slice(0, 400) + " " + (el.querySelector(".o_error_detail, pre")?.textContent || "").slice(-1200)),
    ];
    const isRefusal = (dialog) => REFUSALS.includes(textOf(dialog.querySelector(".modal-title") || dialog));
    const notes = () => visible(".o_notification").map((el) => el.innerText.replace(/\s+/g, " ").trim());
    function closeAll() {
        crashes = [];
        for (const el of visible(".o_notification .o_notification_close")) {
            el.click();
        }
        services().dialog?.closeAll?.();
    }
    const labelOf = (el) => textOf(el) || el.name || el.className;
    const sameLabel = (el, label) => labelOf(el) === label;
    async function press({ tab, select: isSelected, toggle, index, label }) {
        const path = [];
        if (isSelected) {
            await select();
        }
        if (tab !== undefined) {
            tabs()[tab]?.click();
            await settle(3000);
        }
        let el;
        if (toggle !== undefined) {
            toggles()[toggle]?.click();
            await unfolded();
            const items = visible(".o-dropdown--menu .o-dropdown-item");
            el = items.find((item) => label.endsWith(` › ${textOf(item)}`));
            el = el?.querySelector("button") || el;
        } else {
            const found = buttons();
            el = found[index] && sameLabel(found[index], label) ? found[index] : found.find((button) => sameLabel(button, label));
        }
        if (!el) {
            return { gone: `${toggles().length} menus: ${visible(".o-dropdown--menu .o-dropdown-item").map(textOf)}`, path, errors: errors(), notes: [], texts: [] };
        }
        const before = { requests, changes };
        el.click();
        await settle();
        const texts = [...english()];
        const said = new Set(notes());
        const contradictions = new Set(contradict());
        let faults = errors();
        let isRefused = false;
        for (let depth = 0; depth < 4 && !faults.length && dialogs().length; depth++) {
            const dialog = dialogs().at(-1);
            const title = textOf(dialog.querySelector(".modal-title") || dialog);
            path.push(title);
            isRefused ||= isRefusal(dialog);
            const primary = visible(".modal-footer .btn-primary, .modal-footer .btn-danger", dialog).find((button) => !button.disabled);
            if (!primary) {
                break;
            }
            const state = changes;
            const content = dialog.innerText;
            primary.click();
            await settle();
            notes().forEach((note) => said.add(note));
            texts.push(...english());
            contradict().forEach((text) => contradictions.add(text));
            faults = errors();
            if (dialogs().at(-1) === dialog && dialog.innerText === content) {
                if (!notes().length && changes - state < 3) {
                    faults.push(`“${textOf(primary)}” of the dialog “${title}” does nothing`);
                }
                break;
            }
        }
        const save = visible(".o_form_view .o_form_button_save")[0] || visible(".o_form_button_save")[0];
        if (save && !faults.length && !dialogs().length) {
            // a new or changed record is saved as it stands
            save.click();
            await settle();
            notes().forEach((note) => said.add(note));
            texts.push(...english());
            faults = errors();
        }
        return {
            path, label, errors: faults, notes: [...said], texts: [...new Set(texts)], contradictions: [...contradictions],
            isIdle: requests === before.requests && changes === before.changes,
            isRefused: isRefused || said.size > 0 || visible(".modal").some(isRefusal),
        };
    }

    // === WHAT IS READ === //
    let terms = new Set();
    let allowed = /$^/;
    let labels = [];
    const CHINESE = /[\u3400-\u9fff]/;
    const WORDS = /[A-Za-z]{3,}/;
    const ATTRIBUTES = ["title", "placeholder", "data-tooltip"];
    function isEnglish(text) {
        if (terms.has(text)) {
            return true;
        }
        if (CHINESE.test(text) || !WORDS.test(text)) {
            return false;
        }
        return WORDS.test(text.replace(allowed, ""));
    }
    /** Return what can be read and is not Chinese, with where it stands. */
    function english() {
        const found = new Set();
        const walker = document.createTreeWalker(document.body, NodeFilter.SHOW_TEXT | NodeFilter.SHOW_ELEMENT, {
            acceptNode: (node) =>
                node.nodeType === 1 && (node.matches("script, style, template, noscript, pre, code, .o_field_ace, .o_user_menu, .o_menu_brand, .ace_editor, .o_left_field_panel"))
                    ? NodeFilter.FILTER_REJECT : NodeFilter.FILTER_ACCEPT,
        });
        while (walker.nextNode()) {
            const node = walker.currentNode;
            const element = node.nodeType === 3 ? node.parentElement : node;
            const values = node.nodeType === 3 ? [node.data] : ATTRIBUTES.map((name) => node.getAttribute(name)).filter(Boolean);
            for (const value of values) {
                const text = value.replace(/\s+/g, " ").trim();
                if (text && isEnglish(text) && isVisible(element)) {
                    const field = element.closest(".o_field_widget[name], td[name]")?.getAttribute("name");
                    if (field === "code") {
                        continue; // a code is no word
                    }
                    found.add(`${text.slice(0, 90)} [${field ? `field ${field}` : element.tagName.toLowerCase() + "." + [...element.classList].slice(0, 2).join(".")}]`);
                }
            }
        }
        return [...found];
    }
    /** Return lists under a heading that is a state, whose rows are in another one. */
    function contradict() {
        const found = [];
        for (const tab of visible(".o_notebook_headers .nav-link.active")) {
            const heading = tab.innerText.trim();
            const content = tab.closest(".o_notebook").querySelector(".o_notebook_content");
            for (const kind of labels.filter((kind) => kind.includes(heading))) {
                for (const cell of visible(".o_data_row td.o_data_cell", content)) {
                    const text = cell.innerText.trim();
                    if (kind.includes(text) && text !== heading) {
                        found.push(`“${text}” stands under “${heading}”`);
                    }
                }
            }
        }
        return [...new Set(found)];
    }
    // === PAGES === //
    const pageButtons = () =>
        visible("#wrap :is(button, a.btn, input[type='submit'])").filter(
            (el) => !el.disabled && !el.closest(".pagination, .o_portal_chatter") && textOf(el));
    async function pressOnPage(index) {
        const el = pageButtons()[index];
        const before = { requests, changes };
        el?.click();
        await settle(8000);
        const isInvalid = Boolean(el?.form?.matches(":invalid"));
        const isHere = el?.tagName === "A" && el.href.split("#")[0] === location.href.split("#")[0];
        return { isIdle: !isInvalid && requests === before.requests && changes === before.changes, isHere };
    }
    function learn(config) {
        terms = new Set(config.terms);
        allowed = new RegExp(config.allowed, "g");
        labels = config.labels;
    }
    return { menus, apps, show, look, openFirst, candidates, press, settle, english, errors, notes, contradict, closeAll, learn, unfold, pageButtons, pressOnPage };
})();
