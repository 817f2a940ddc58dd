"""A generated association in a database that is dropped afterwards: members, events, contacts.

Everything is written by SQL, as a ledger of ten years would lie there; dues are billed by the suite itself.
"""

EVENTS_EACH = 10
#: Partners of the floor (Odoo without the suite) and of the suite have the same names and addresses.
PARTNERS = """
    INSERT INTO res_partner (name, complete_name, is_company, type, active, lang, phone, email, street, zip, city,
                             state_id, country_id, autopost_bills, create_uid, write_uid, create_date, write_date)
         SELECT '演示单位' || n || '有限公司', '演示单位' || n || '有限公司', true, 'contact', true, 'zh_CN',
                '010-' || lpad(n::text, 8, '0'), 'unit' || n || '@bench.example', '演示路' || n || '号', '100000',
                '演示市', province.ids[1 + n %% province.number], %(china)s, 'ask', 1, 1, now(), now()
           FROM generate_series(%(first)s, %(last)s) AS n
     CROSS JOIN (SELECT ARRAY_AGG(id ORDER BY id) AS ids, COUNT(*) AS number
                   FROM res_country_state WHERE country_id = %(china)s) province
      RETURNING id
"""
CONTACTS = """
    INSERT INTO res_partner (name, complete_name, is_company, parent_id, commercial_partner_id, type, active, lang, phone,
                             email, autopost_bills, create_uid, write_uid, create_date, write_date)
         SELECT '演示联系人' || id, '演示联系人' || id, false, id, id, 'contact', true, 'zh_CN', '010-' || id,
                'person' || id || '@bench.example', 'ask', 1, 1, now(), now()
           FROM UNNEST(%(units)s::int[]) AS id
      RETURNING id
"""


def grow_plain(env, first, last):
    """Add partners number ``first`` to ``last`` with a contact each.

    :return: ids of the units
    :rtype: list[int]
    """
    env.cr.execute(PARTNERS, {'first': first, 'last': last, 'china': env.ref('base.cn').id})
    units = [row[0] for row in env.cr.fetchall()]
    env.cr.execute("UPDATE res_partner SET commercial_partner_id = id WHERE id = ANY(%s)", [units])
    env.cr.execute(CONTACTS, {'units': units})
    settle(env, 'res_partner')
    return units


def grow_members(env, first, last):
    """Add members number ``first`` to ``last``: number, classification, contact with roles, ten years of events.

    Every twentieth left. One event in a thousand was entered late.

    :return: ids of the units
    :rtype: list[int]
    """
    units = grow_plain(env, first, last)
    env.cr.execute("""
        UPDATE res_partner unit
           SET member_number = 'CFIA-' || (300000 + numbered.place), member_grade_id = grade.ids[1 + unit.id %% grade.number],
               member_state = CASE WHEN unit.id %% 20 = 0 THEN 'withdrawn' ELSE 'member' END,
               uscc = '91320000MB' || lpad(numbered.place::text, 7, '0') || '0',
               date_member_joined = '2016-01-01', ownership_id = ownership.ids[1 + unit.id %% ownership.number],
               enterprise_category_id = category.ids[1 + unit.id %% category.number],
               enterprise_size = (ARRAY['large', 'medium', 'small', 'micro'])[1 + unit.id %% 4]
          FROM (SELECT id, %(first)s + ROW_NUMBER() OVER (ORDER BY id) AS place FROM UNNEST(%(units)s::int[]) AS id) numbered,
               (SELECT ARRAY_AGG(id) AS ids, COUNT(*) AS number FROM cfia_grade) grade,
               (SELECT ARRAY_AGG(id) AS ids, COUNT(*) AS number FROM cfia_ownership) ownership,
               (SELECT ARRAY_AGG(id) AS ids, COUNT(*) AS number FROM cfia_enterprise_category) category
         WHERE numbered.id = unit.id
    """, {'first': first, 'units': units})
    env.cr.execute("""
        INSERT INTO cfia_contact_role_res_partner_rel (res_partner_id, cfia_contact_role_id)
             SELECT contact.id, role.id FROM res_partner contact CROSS JOIN cfia_contact_role role
              WHERE contact.parent_id = ANY(%(units)s) AND role.code IN ('contact', 'finance', 'magazine', 'newsletter')
    """, {'units': units})
    env.cr.execute("""
        INSERT INTO cfia_member_event (partner_id, kind, date_effective, date_recorded, is_backdated, member_state, grade_id,
                                       enterprise_category_id, ownership_id, enterprise_size, state_id, unit_name,
                                       reporter_id, create_uid, write_uid, create_date, write_date)
             SELECT unit.id, CASE WHEN k = 1 THEN 'joined' WHEN k = %(events)s AND unit.member_state != 'member' THEN 'withdrawn'
                                  ELSE 'data' END,
                    DATE '2016-01-01' + (k - 1) * 360 + unit.id %% 300
                        - CASE WHEN k = 5 AND unit.id %% 100 = 0 THEN 700 ELSE 0 END,
                    now(), k = 5 AND unit.id %% 100 = 0,
                    CASE WHEN k = %(events)s THEN unit.member_state ELSE 'member' END, unit.member_grade_id,
                    unit.enterprise_category_id, unit.ownership_id,
                    (ARRAY['large', 'medium', 'small', 'micro'])[1 + (unit.id + k / 4) %% 4], unit.state_id, unit.name,
                    1, 1, 1, now(), now()
               FROM res_partner unit
         CROSS JOIN generate_series(1, %(events)s) AS k
              WHERE unit.id = ANY(%(units)s)
    """, {'units': units, 'events': EVENTS_EACH})
    env.cr.execute("""
        INSERT INTO cfia_member_file (partner_id, date_opened, create_uid, write_uid, create_date, write_date)
             SELECT id, '2016-01-01', 1, 1, now(), now() FROM UNNEST(%(units)s::int[]) AS id
    """, {'units': units})
    env.cr.execute("""
        INSERT INTO cfia_membership_application (name, partner_id, date_received, received_by_id, state,
                                                 create_uid, write_uid, create_date, write_date)
             SELECT unit.name, unit.id, CURRENT_DATE - unit.id %% 300, 1,
                    (ARRAY['draft', 'submitted', 'verified', 'approved', 'rejected'])[1 + unit.id %% 5], 1, 1, now(), now()
               FROM res_partner unit WHERE unit.id = ANY(%(units)s)
    """, {'units': units})
    settle(env, 'res_partner', 'cfia_member_event', 'cfia_member_file', 'cfia_membership_application',
           'cfia_contact_role_res_partner_rel')
    return units


def seed_dues(env, units, years):
    """Write dues of some years, every fifth unpaid, as the suite leaves them after billing."""
    env.cr.execute("""
        INSERT INTO cfia_dues_line (company_id, partner_id, payer_id, year, origin, grade_id, amount_base, amount, years,
                                    date_due, date_billed, recognition, state, amount_paid, amount_credited, amount_residual,
                                    create_uid, write_uid, create_date, write_date)
             SELECT %(company)s, unit.id, unit.id, year, 'run', unit.member_grade_id, 2000, 2000, 1,
                    make_date(year, 6, 30), make_date(year, 1, 5), 'receipt',
                    CASE WHEN unit.id %% 5 = 0 THEN 'billed' ELSE 'paid' END,
                    CASE WHEN unit.id %% 5 = 0 THEN 0 ELSE 2000 END, 0, CASE WHEN unit.id %% 5 = 0 THEN 2000 ELSE 0 END,
                    1, 1, now(), now()
               FROM res_partner unit, UNNEST(%(years)s) AS year
              WHERE unit.id = ANY(%(units)s)""",
        {'company': env.company.id, 'years': list(years), 'units': units})
    settle(env, 'cfia_dues_line')


def pay_most(env, units, unpaid):
    """Let the dues of all units but one in so many be paid, as the lists and the collection round see it."""
    env.cr.execute("""
        UPDATE cfia_dues_line SET state = 'paid', amount_paid = amount, amount_residual = 0
         WHERE partner_id = ANY(%s) AND partner_id %% %s != 0 AND state = 'billed'""", [units, unpaid])
    settle(env, 'cfia_dues_line')


def open_entitlements(env, units):
    """Give members the services that open at entry, as the suite leaves them after the first day."""
    env.cr.execute("""
        INSERT INTO cfia_entitlement (partner_id, service_id, date_from, date_requested, quota, quota_used, is_waiting,
                                      create_uid, write_uid, create_date, write_date)
             SELECT unit.id, service.id, '2016-01-01', '2016-01-01', 0, 0, false, 1, 1, now(), now()
               FROM res_partner unit CROSS JOIN cfia_service service
              WHERE unit.id = ANY(%s) AND unit.member_state = 'member' AND service.opens IN ('at_entry', 'yearly')""", [units])
    settle(env, 'cfia_entitlement')


def settle(env, *tables):
    """Commit and let the planner know of what was written."""
    env.cr.commit()
    for table in tables:
        env.cr.execute(f'ANALYZE {table}')
    env.cr.commit()
    env.invalidate_all()
