import { browser } from "@web/core/browser/browser";
import { registry } from "@web/core/registry";
import { Interaction } from "@web/public/interaction";

/**
 * A button that copies its text, such as the number of the member or what a transfer has to say.
 */
export class CopyText extends Interaction {
    static selector = ".o_cfia_copy";
    dynamicContent = {
        _root: { "t-on-click": this.onClick },
    };

    async onClick() {
        await this.waitFor(browser.navigator.clipboard.writeText(this.el.dataset.text));
        const icon = this.el.querySelector(".fa");
        icon.classList.replace("fa-clipboard", "fa-check");
        this.waitForTimeout(() => icon.classList.replace("fa-check", "fa-clipboard"), 1500);
    }
}

registry.category("public.interactions").add("cfia_membership.copy_text", CopyText);
