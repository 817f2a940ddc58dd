import { Component } from "@odoo/owl";

/**
 * Tiles of figures; those with an action open what they count.
 */
export class Figures extends Component {
    static template = "cfia_membership.Figures";
    static props = { figures: Array, open: Function };
}
