"""
Every threat that sealing and the ways in are built against has tests that prove it stays away.

The table is for readers: it says which tests to read, and fails when one of them is gone.
"""

import ast
from pathlib import Path

import pytest

TESTS = Path(__file__).parents[1]

THREATS: dict[int, tuple[str, tuple[str, ...]]] = {
    1: (
        "a ciphertext moved to another cell, row or person",
        (
            "foundation/sealing/test_cells.py::test_a_ciphertext_moved_elsewhere_does_not_open",
            "foundation/sealing/test_rows.py::test_random_edits_of_the_database_all_end_in_a_refusal",
            (
                "foundation/sealing/test_everywhere.py"
                "::test_random_edits_of_every_table_are_refused_or_told_of"
            ),
        ),
    ),
    2: (
        "an old ciphertext put back, a value emptied, an index altered",
        (
            "foundation/sealing/test_rows.py::test_an_emptied_value_is_noticed",
            "foundation/sealing/test_rows.py::test_a_whole_row_put_back_from_before_is_noticed",
            "foundation/sealing/test_rows.py::test_an_index_pointed_at_somebody_else_is_noticed",
        ),
    ),
    3: (
        "a stolen dump, write-ahead log or backup",
        ("identity/test_leaks.py::test_no_planted_value_lies_in_the_database_or_the_log",),
    ),
    4: (
        "a nonce used twice",
        (
            (
                "foundation/sealing/test_cells.py"
                "::test_no_two_cells_share_a_nonce_even_where_chance_repeats_itself"
            ),
        ),
    ),
    5: (
        "a forgotten borrower brought back by a backup",
        (
            (
                "foundation/rekeying/test_shredding.py"
                "::test_a_backup_older_than_the_week_brings_nobody_back"
            ),
            (
                "privacy/test_restoring.py"
                "::test_an_older_copy_forgets_whom_today_forgets_and_keeps_what_the_law_does"
            ),
            (
                "foundation/rekeying/test_joining.py"
                "::test_a_file_older_than_the_database_is_refused_and_changes_nothing"
            ),
        ),
    ),
    6: (
        "keys and ciphers changed under load",
        (
            (
                "foundation/rekeying/test_jobs.py"
                "::test_who_writes_while_a_batch_is_worked_out_has_the_last_word"
            ),
            "foundation/rekeying/test_jobs.py::test_indexes_are_made_anew_while_people_are_found",
        ),
    ),
    7: (
        "the keeper of root keys away",
        (
            (
                "foundation/sealing/test_ring.py"
                "::test_an_outage_leaves_known_people_served_and_takes_nobody_new"
            ),
        ),
    ),
    8: (
        "guessing at once, from several processes",
        (
            (
                "identity/operations/test_sign_in.py"
                "::test_two_hundred_guesses_by_four_processes_get_five_together"
            ),
            "identity/operations/test_guessing.py::test_of_forty_strangers_at_once_five_are_looked_at",
        ),
    ),
    9: (
        "guessing by alias, batch, resend or another purpose",
        (
            (
                "gateway/test_limits.py"
                "::test_whatever_takes_a_code_or_a_pin_stands_alone_in_its_request"
            ),
            (
                "identity/operations/test_sign_in.py"
                "::test_whoever_foresees_a_key_learns_no_code_by_it_that_a_guess_would_not_cost"
            ),
        ),
    ),
    10: (
        "spraying a hundred thousand phones",
        (
            (
                "identity/rules/test_spraying.py"
                "::test_spraying_100000_phones_takes_over_less_than_one_in_a_hundred_days"
            ),
            (
                "identity/operations/test_doubted_codes.py"
                "::test_a_code_alone_proves_contact_only_and_nobody_asks_the_register"
            ),
        ),
    ),
    11: (
        "text messages pumped for money",
        (
            (
                "identity/operations/test_spending.py"
                "::test_a_prefix_whose_codes_never_come_back_is_sent_no_more_for_a_while"
            ),
        ),
    ),
    12: (
        "finding out who is a borrower, by words or by time",
        (
            (
                "identity/test_enumeration.py"
                "::test_a_known_and_an_unknown_number_get_the_same_answers_at_every_step"
            ),
            "identity/test_enumeration.py::test_a_known_and_an_unknown_number_take_equally_long",
        ),
    ),
    13: (
        "stolen tokens",
        (
            (
                "identity/operations/test_proofs.py"
                "::test_a_stolen_refresh_token_alone_gets_nothing_and_revokes_the_family"
            ),
            (
                "identity/operations/test_proofs.py"
                "::test_a_stolen_access_token_opens_masked_reads_at_most_and_for_ten_minutes"
            ),
        ),
    ),
    14: (
        "answers lost on the way",
        (
            (
                "identity/operations/test_device_weeks.py"
                "::test_thirty_percent_of_replies_lost_force_nobody_to_sign_in_again"
            ),
        ),
    ),
    15: (
        "proofs sent again",
        ("gateway/test_proofs.py::test_no_batch_alias_or_second_operation_gets_around_the_proof",),
    ),
    16: (
        "amount, payee or plan changed after it was shown",
        (
            (
                "identity/operations/test_intents.py"
                "::test_threat_16_what_changed_after_it_was_shown_is_not_done"
            ),
            (
                "identity/operations/test_wallets.py"
                "::test_another_wallet_needs_an_approval_and_a_fresh_code_of_that_very_wallet"
            ),
        ),
    ),
    17: (
        "a signature made for something else",
        (
            (
                "foundation/signatures/test_threats.py"
                "::test_threat_17_a_signature_made_for_one_purpose_holds_for_no_other"
            ),
            (
                "identity/operations/test_intents.py"
                "::test_threat_17_a_signature_over_anything_else_approves_nothing"
            ),
        ),
    ),
    18: (
        "malformed signatures, keys and certificates",
        (
            (
                "foundation/signatures/test_threats.py"
                "::test_threat_18_no_cut_stretched_or_flipped_signature_holds"
            ),
        ),
    ),
    19: (
        "a phone number that changed hands",
        (
            (
                "identity/operations/test_recovery.py"
                "::test_a_number_that_may_have_changed_hands_sees_nothing_older_than_itself"
            ),
            (
                "identity/operations/test_recovery.py"
                "::test_whoever_begins_afresh_gets_the_number_and_nothing_of_who_had_it"
            ),
        ),
    ),
    20: (
        "a new fingerprint, a shared phone",
        (
            (
                "identity/operations/test_devices.py"
                "::test_a_new_fingerprint_on_a_shared_phone_needs_message_and_pin_for_a_new_key"
            ),
            (
                "identity/operations/test_recovery.py"
                "::test_a_fingerprint_alone_moves_no_money_where_there_is_a_pin"
            ),
        ),
    ),
    21: (
        "staff looking through everybody's data",
        (
            "support/test_revealing.py::test_a_bank_card_takes_a_second_person_and_is_read_once",
            (
                "support/test_revealing.py"
                "::test_many_reveals_at_once_are_twenty_an_hour_and_the_auditor_hears"
            ),
        ),
    ),
    22: (
        "the audit chain edited or cut off",
        (
            "foundation/audit/test_verify.py::test_verify_names_the_entries_that_were_edited",
            (
                "foundation/audit/test_verify.py"
                "::test_a_tail_cut_off_with_its_checkpoints_and_head_is_told_by_the_witness"
            ),
        ),
    ),
    23: (
        "an authenticator code used again",
        (
            "identity/operations/test_staff.py::test_an_authenticator_code_replayed_opens_nothing",
            (
                "identity/operations/test_passkeys.py"
                "::test_one_answer_sent_by_many_at_once_opens_one_session"
            ),
        ),
    ),
    24: (
        "secrets in logs",
        (
            "identity/test_leaks.py::test_no_planted_value_lies_in_the_database_or_the_log",
            "gateway/test_failures.py::test_a_faults_text_reaches_neither_the_answer_nor_the_log",
            "gateway/test_canaries.py::test_no_planted_value_comes_out_where_it_should_not",
        ),
    ),
}


@pytest.mark.parametrize("number", THREATS)
def test_a_threat_has_tests_that_are_there(number: int) -> None:
    for named in THREATS[number][1]:
        path, name = named.split("::")
        tree = ast.parse((TESTS / path).read_text(encoding="utf-8"))
        defined = [
            node.name
            for node in ast.walk(tree)
            if isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef)
        ]
        assert name in defined, f"{named} is gone"


def test_no_threat_is_left_out() -> None:
    assert list(THREATS) == list(range(1, 25))
