"""Choices that contact targets and enquiries share."""

PROSPECT_SOURCES = [
    ('magazine', "Magazine circulation"),
    ('visitor', "Exhibition visitors"),
    ('exhibitor', "Exhibitors"),
    ('activity', "Own activity"),
    ('sister_exhibition', "Sister exhibition"),
    ('local_association', "Local association"),
    ('member', "Member's referral"),
    ('website', "Association's website"),
    ('other', "Other"),
]
INTENTIONS = [
    ('unknown', "Unknown"),
    ('interested', "Interested"),
    ('later', "Later"),
    ('none', "No intention"),
]
