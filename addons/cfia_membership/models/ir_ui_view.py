from odoo import models

#: How the names of methods begin that a button of ours calls and that change nothing.
READING = ('action_view_', 'action_open_', 'action_print', 'action_download', 'action_preview')


class IrUiView(models.Model):
    _inherit = 'ir.ui.view'

    def _postprocess_access_rights(self, tree):
        """Leave out the buttons of our records that would be refused to who may not write them.

        A button that names its groups says itself who presses it.
        """
        roots = [node for node in tree.xpath('//*[@model_access_rights]') if node.tag != 'field']
        for root in roots:
            model = self.env[root.get('model_access_rights')]
            if not model._name.startswith('cfia.') or model._transient or model.has_access('write'):
                continue
            for button in list(root.iter('button')):
                if (
                    button.get('type') == 'object'
                    and not button.get('__groups_key__')
                    and not button.get('name', '').startswith(READING)
                    and button.get('name') not in getattr(model, '_acts_of_readers', ())
                    and next(node for node in button.iterancestors() if node in roots) is root
                ):
                    button.getparent().remove(button)
        return super()._postprocess_access_rights(tree)
