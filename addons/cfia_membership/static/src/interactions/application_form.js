import { Interaction } from "@web/public/interaction";
import { registry } from "@web/core/registry";
import { rpc } from "@web/core/network/rpc";
import { _t } from "@web/core/l10n/translation";

/**
 * Public application form. Everything works without it; with it the USCC is checked while it is
 * typed, files that are too large are named before they are sent, a form is sent once, and leaving
 * with something unsaved asks first.
 */
export class ApplicationForm extends Interaction {
    static selector = ".o_cfia_apply_form";
    dynamicContent = {
        _root: { "t-on-submit": this.onSubmit, "t-on-input": this.onInput },
        _window: { "t-on-beforeunload": this.onLeave },
        "input[name='uscc']": { "t-on-input": this.debounced(this.checkUscc, 400) },
        "input[type='file']": { "t-on-change": this.checkFiles },
    };

    setup() {
        this.isChanged = false;
        this.isSent = false;
    }

    start() {
        document.getElementById("cfia_errors")?.focus();
    }

    onInput() {
        this.isChanged = true;
    }

    onLeave(ev) {
        if (this.isChanged && !this.isSent) {
            ev.preventDefault();
            ev.returnValue = true;
        }
    }

    onSubmit(ev) {
        if (this.isSent || this.el.querySelector("input[type='file'].is-invalid[data-too-large]")) {
            ev.preventDefault();
            return;
        }
        this.isSent = true;
        this.el.setAttribute("aria-busy", "true");
        // a download answers without leaving the page, and so may a browser that goes back
        this.waitForTimeout(() => {
            this.isSent = false;
            this.el.removeAttribute("aria-busy");
        }, 8000);
    }

    async checkUscc(ev) {
        const input = ev.target;
        const note = document.getElementById("uscc_check");
        const code = input.value.trim();
        if (code.length < 8) {
            note.textContent = "";
            return;
        }
        const result = await this.waitFor(rpc("/cfia/apply/uscc", { code }, { silent: true }));
        if (input.value.trim() !== code) {
            return;
        }
        note.textContent = result.message;
        note.classList.toggle("text-success", result.valid === true);
        note.classList.toggle("text-danger", result.valid === false);
        input.classList.toggle("is-valid", result.valid === true);
    }

    checkFiles(ev) {
        const input = ev.target;
        const limit = Number(this.el.dataset.uploadSize);
        const tooLarge = [...input.files].filter((file) => file.size > limit);
        input.classList.toggle("is-invalid", tooLarge.length > 0);
        input.toggleAttribute("data-too-large", tooLarge.length > 0);
        input.setCustomValidity("");
        if (tooLarge.length) {
            input.setCustomValidity(
                _t("%s is too large. Files may have up to 10 MB.", tooLarge[0].name)
            );
            input.reportValidity();
        }
    }
}

registry.category("public.interactions").add("cfia_membership.application_form", ApplicationForm);
