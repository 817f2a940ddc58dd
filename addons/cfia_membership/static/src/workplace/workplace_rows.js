import { Component } from "@odoo/owl";

/**
 * The first records behind a tile, each with the step that comes next.
 */
export class WorkplaceRows extends Component {
    static template = "cfia_membership.WorkplaceRows";
    static props = { tile: Object, open: Function, openRow: Function };
}
