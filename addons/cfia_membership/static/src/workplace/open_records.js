import { useService } from "@web/core/utils/hooks";

/**
 * Return what opens the records behind a number.
 *
 * @returns {({xmlid: string, title: string, domain?: Array}) => Promise} without a domain the action has its own
 */
export function useOpenRecords() {
    const actionService = useService("action");
    return async (target) => {
        const action = await actionService.loadAction(target.xmlid);
        return actionService.doAction({
            ...action,
            name: target.title,
            display_name: target.title,
            domain: target.domain || action.domain,
            context: {},
        });
    };
}
