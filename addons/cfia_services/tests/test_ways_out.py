from odoo.tests import tagged

from odoo.addons.cfia_membership.tests.ways_out import WaysOutMixin
from odoo.addons.cfia_services.tests.test_magazine_issue import MagazineCommon
from odoo.addons.cfia_services.tests.test_newsletter import NewsletterCommon


@tagged('post_install', '-at_install')
class TestWaysOut(WaysOutMixin, MagazineCommon, NewsletterCommon):
    """Every way by which members' data leave the work of services."""

    module = 'cfia_services'
    noted_reports = {
        'cfia_services.change_list_xlsx': 'list',
        'cfia_services.magazine_xlsx': 'label',
        'cfia_services.report_magazine_labels': 'label',
        'cfia_services.report_newsletter_label': 'label',
        'cfia_services.newsletter_xlsx': 'label',
        'cfia_services.report_need_round_label': 'label',
    }
    own_reports = {
        'cfia_services.report_newsletter': "published to all members",
        'cfia_services.report_need_round_letter': "the member's own letter",
        'cfia_services.report_need_form': "a form without data",
        'cfia_services.report_need_reply': "the member's own letter",
    }
    routes = {
        '/cfia/api/website-vip': 'api',
        '/cfia/roster/<string:token>': 'list',
        '/cfia/roster/<string:token>/xlsx': 'list',
        '/mailing/<int:mailing_id>/confirm_unsubscribe': "the address's own choice",
        '/mailing/<int:mailing_id>/unsubscribe': "the address's own choice",
        '/my/membership/magazine': "the unit's own copies",
        '/my/membership/needs': "the unit's own questions",
        '/my/membership/needs/<int:need_id>': "the unit's own question",
        '/my/membership/needs/<int:need_id>/files/<int:attachment_id>': "the unit's own papers",
        '/my/membership/newsletters': "published to all members",
        '/my/membership/newsletters/page/<int:page>': "published to all members",
        '/my/membership/newsletters/<int:issue_id>': "published to all members",
        '/my/membership/newsletters/<int:issue_id>/pdf': "published to all members",
        '/my/membership/services/<int:entitlement_id>': "the unit's own entitlement",
    }
    mails = {
        'mail_template_account_opened': "to the member itself",
        'mail_template_need_round': "to the member itself",
    }
    writers = {
        'controllers/roster.py': 'list',
    }

    def get_printed(self):
        magazine = self.make_issue(listed=True).with_user(self.user_editorial)
        newsletter = NewsletterCommon.make_issue.__func__(type(self))
        newsletter.action_open()
        paper = self.get_recipients(newsletter, self.unit_paper)
        self.env['cfia.need.form'].create({'version': "测试-出口", 'intro': "请填写（演示）"}).action_release()
        need_round = self.env['cfia.need.round'].with_user(self.user_organisation).create({})
        need_round.action_prepare()
        return {
            'cfia_services.change_list_xlsx': self.ChangeList._make('editorial').with_user(self.user_editorial),
            'cfia_services.magazine_xlsx': magazine,
            'cfia_services.report_magazine_labels': magazine,
            'cfia_services.report_newsletter_label': paper,
            'cfia_services.newsletter_xlsx': paper,
            'cfia_services.report_need_round_label': need_round.recipient_ids,
        }
