from lti_tool.llm.scrub import scrub


def test_addresses_and_links_leave_no_trace() -> None:
    text = "Send it to maple.example@school.example.edu or see https://lms.example.edu/u/42?x=1 and ask @maple_x."
    assert scrub(text) == "Send it to [address] or see [link] and ask [address]"


def test_numbers_that_identify_somebody_are_taken_out() -> None:
    assert scrub("Student s1234567, account AB-30021, phone +44 20 7946 0958.") == (
        "Student [number], account [number], phone [number]."
    )
    assert scrub("id 1b4e28ba-2fa1-11d2-883f-0016d3cca427") == "id [number]"


def test_a_name_after_a_form_of_address_is_taken_out() -> None:
    assert scrub("Follow the advice of Dr. Maple Example on sources") == "Follow the advice of [name] on sources"


def test_known_names_are_taken_out_wherever_they_stand() -> None:
    assert (
        scrub("As maple said, Maple Example's guide", names=["Maple Example", "Maple"])
        == "As [name] said, [name]'s guide"
    )


def test_what_a_criterion_says_stays() -> None:
    text = "Cites 3 to 5 sources (APA 7, 2019-2020), 100% original, uses SQL & C++; pH 7.4; 1 000 words."
    assert scrub(text) == text
