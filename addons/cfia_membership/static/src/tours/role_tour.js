import { registry } from "@web/core/registry";

/**
 * Return the steps that open an entry of the menu.
 *
 * @param {string} section external id of the menu in the bar
 * @param {string} item external id of the entry below it
 * @param {string} sectionText what is found in the section
 * @param {string} itemText what the entry is for
 */
export function openMenu(section, item, sectionText, itemText) {
    return [
        {
            isActive: ["desktop"],
            trigger: `.o_menu_sections .dropdown-toggle[data-menu-xmlid="${section}"]`,
            content: sectionText,
            tooltipPosition: "bottom",
            run: "click",
        },
        {
            isActive: ["desktop"],
            trigger: `.o-dropdown--menu .dropdown-item[data-menu-xmlid="${item}"]`,
            content: itemText,
            tooltipPosition: "right",
            run: "click",
        },
    ];
}

/**
 * Return the step that points to something on the screen.
 *
 * @param {string} trigger
 * @param {string} content what it is for
 */
export function pointTo(trigger, content) {
    return { trigger, content, tooltipPosition: "bottom", run: "click" };
}

/**
 * Offer a first tour from the workplace.
 *
 * @param {string} name as its record in the database
 * @param {Function} getSteps called once the translations are there
 */
export function addRoleTour(name, getSteps) {
    registry.category("web_tour.tours").add(name, { url: "/odoo/member-work", steps: getSteps });
}
