"""The import of sites, kiosks and services: all or nothing, and every mistake by its place."""

from pathlib import Path

import pytest

from controller.accounts.models import AuditEntry
from controller.errors import Refused
from controller.fleet.importing import Report, bring
from controller.fleet.models import Kiosk, Lifecycle, Service, Site
from controller.fleet.tables import parse, read

pytestmark = pytest.mark.django_db

HEADER = (
    "kiosk,kind,lifecycle,label,services,site,site_name,host_type,commune,insee,department,"
    "latitude,longitude,opening_hours,contact\n"
)
AMBERT = (
    "pvp-63003-1,pvp,active,Accueil,caf;cpam,ambert,Mairie d'Ambert,town-hall,Ambert,63003,63,"
    "45.55,3.74,Mo-Fr 09:00-12:00,mairie@ambert.example\n"
)
SECOND = AMBERT.replace("pvp-63003-1", "pvp-63003-2").replace("caf;cpam", "caf")
SERVICES = "code,name\ncaf,Allocations familiales\ncpam,Assurance maladie\n"


def load(text: str, services: str | None = SERVICES, *, is_dry_run: bool = False) -> Report:
    return bring(
        kiosks=parse("kiosks.csv", text),
        services=parse("services.csv", services) if services else None,
        actor="cli:root",
        is_dry_run=is_dry_run,
    )


def cell(column: str, value: str) -> str:
    """A file whose one line has `value` in `column`."""
    names, cells = HEADER.strip().split(","), AMBERT.strip().split(",")
    cells[names.index(column)] = value
    return HEADER + ",".join(cells) + "\n"


def test_a_list_becomes_sites_kiosks_and_services() -> None:
    report = load(HEADER + AMBERT + SECOND)
    assert report.problems == ()
    assert len(report.kiosks.new) == 2
    first = Kiosk.objects.get(pk="pvp-63003-1")
    assert (first.kind, first.label, first.site.commune) == ("pvp", "Accueil", "Ambert")
    assert (first.site.latitude, first.site.longitude) == (45.55, 3.74)
    assert {service.code for service in first.services.all()} == {"caf", "cpam"}
    assert Site.objects.count() == 1


def test_importing_it_again_changes_nothing() -> None:
    load(HEADER + AMBERT + SECOND)
    report = load(HEADER + AMBERT + SECOND)
    assert (report.kiosks.new, dict(report.kiosks.changed), report.kiosks.same) == ((), {}, 2)
    assert (report.sites.same, report.services.same) == (1, 2)


def test_a_change_is_named_and_made() -> None:
    load(HEADER + AMBERT)
    changed = AMBERT.replace("active", "maintenance").replace("caf;cpam", "cpam")
    report = load(HEADER + changed)
    assert dict(report.kiosks.changed) == {"pvp-63003-1": ("lifecycle", "services")}
    kiosk = Kiosk.objects.get()
    assert kiosk.lifecycle == Lifecycle.MAINTENANCE
    assert [service.code for service in kiosk.services.all()] == ["cpam"]


def test_a_kiosk_moves_to_a_new_site() -> None:
    load(HEADER + AMBERT)
    moved = AMBERT.replace(",ambert,", ",arlanc,").replace("Ambert,63003", "Arlanc,63010")
    report = load(HEADER + moved)
    assert dict(report.kiosks.changed) == {"pvp-63003-1": ("site",)}
    assert Kiosk.objects.get().site.code == "arlanc"


def test_what_is_not_listed_stays() -> None:
    load(HEADER + AMBERT + SECOND)
    load(HEADER + AMBERT)
    assert Kiosk.objects.count() == 2


def test_a_column_that_is_left_out_leaves_its_field_alone() -> None:
    load(HEADER + AMBERT)
    load(
        "kiosk,kind,site,site_name,host_type,commune,insee,department\n"
        "pvp-63003-1,pvp,ambert,Mairie d'Ambert,town-hall,Ambert,63003,63\n"
    )
    kiosk = Kiosk.objects.get()
    assert kiosk.label == "Accueil"
    assert kiosk.services.count() == 2
    assert kiosk.site.opening_hours == "Mo-Fr 09:00-12:00"


def test_a_dry_run_says_the_same_and_changes_nothing() -> None:
    planned = load(HEADER + AMBERT, is_dry_run=True)
    assert not Kiosk.objects.exists()
    assert not AuditEntry.objects.exists()
    assert load(HEADER + AMBERT) == planned


def test_an_import_is_in_the_audit() -> None:
    load(HEADER + AMBERT)
    entry = AuditEntry.objects.get(action="fleet.import")
    assert (entry.actor, entry.subject, entry.details["new_kiosks"]) == (
        "cli:root",
        "kiosks.csv",
        1,
    )


@pytest.mark.parametrize(
    ("column", "value", "remedy"),
    [
        ("kiosk", "PVP 1", "like pvp-63003-1"),
        ("kiosk", "vigie-worker", "not begin with vigie-"),
        ("kind", "robot", "one of: pvp, expert"),
        ("lifecycle", "broken", "one of: planned, active"),
        ("label", "x" * 151, "at most 150"),
        ("services", "caf;dgfip", "import 'dgfip' with --services"),
        ("site", "", "1 to 50 letters"),
        ("site_name", "", "there"),
        ("host_type", "castle", "one of: town-hall"),
        ("insee", "6300", "INSEE code of 5 characters"),
        ("insee", "15014", "begins with the department 63"),
        ("department", "99", "a department's number"),
        ("latitude", "95", "degrees from -90 to 90"),
        ("latitude", "nan", "degrees from -90 to 90"),
        ("longitude", "", "there when latitude is"),
        ("opening_hours", "when in the mood", "opening hours such as"),
    ],
)
def test_a_bad_cell_is_named_by_line_column_value_and_remedy(
    column: str, value: str, remedy: str
) -> None:
    report = load(cell(column, value))
    assert [problem.line for problem in report.problems] == [2]
    problem = report.problems[0]
    assert (problem.file, problem.column, problem.value) == ("kiosks.csv", column, value)
    assert remedy in problem.remedy
    assert not Kiosk.objects.exists()


def test_one_bad_line_keeps_out_the_good_ones_and_all_mistakes_are_told() -> None:
    bad = cell("kind", "robot").removeprefix(HEADER)
    worse = cell("insee", "?").removeprefix(HEADER)
    report = load(HEADER + SECOND + bad + worse)
    assert [(problem.line, problem.column) for problem in report.problems] == [
        (3, "kind"),
        (4, "insee"),
    ]
    assert not Site.objects.exists()
    assert not Service.objects.exists()


def test_a_kiosk_listed_twice_is_told() -> None:
    report = load(HEADER + AMBERT + AMBERT)
    assert [str(problem) for problem in report.problems] == [
        "kiosks.csv, line 3, column kiosk: 'pvp-63003-1', must be listed once"
    ]


def test_lines_that_disagree_about_a_site_are_told() -> None:
    report = load(HEADER + AMBERT + SECOND.replace("Mairie d'Ambert", "Mairie"))
    assert str(report.problems[0]) == (
        "kiosks.csv, line 3, column site_name: 'Mairie', must be as on line 2, of the same site"
        " ambert"
    )


@pytest.mark.parametrize(
    ("header", "column"),
    [
        (HEADER.replace("kind", "type"), "type"),
        (HEADER.replace("label", "kind"), "kind"),
        (HEADER.replace("insee,", ""), "insee"),
        ("", "-"),
    ],
)
def test_a_bad_first_line_is_told(header: str, column: str) -> None:
    problems = load(header).problems
    assert column in {problem.column for problem in problems}
    assert {problem.line for problem in problems} == {1}


def test_a_ragged_line_is_told() -> None:
    problem = load(HEADER + "pvp-63003-1,pvp\n").problems[0]
    assert (problem.line, problem.value) == (2, "2 cells")


def test_an_unclosed_quote_is_told() -> None:
    problems = load(HEADER + '"pvp-63003-1,pvp\n').problems
    assert "CSV with closed quotes" in {problem.remedy for problem in problems}


def test_a_french_spreadsheet_is_understood(tmp_path: Path) -> None:
    file = tmp_path / "kiosks.csv"
    text = (HEADER + AMBERT).replace("caf;cpam", "caf").replace(",", ";").replace("45.55", "45,55")
    file.write_text(text, encoding="utf-8-sig")
    report = bring(kiosks=read(file), services=parse("services.csv", SERVICES), actor="cli:root")
    assert report.problems == ()
    assert Site.objects.get().latitude == 45.55


def test_a_file_that_is_not_utf8_is_refused_with_its_line(tmp_path: Path) -> None:
    file = tmp_path / "kiosks.csv"
    file.write_bytes((HEADER + AMBERT.replace("Accueil", "Entrée")).encode("latin-1"))
    with pytest.raises(Refused, match="line 2: not UTF-8"):
        read(file)


def test_a_file_that_is_not_there_is_refused(tmp_path: Path) -> None:
    with pytest.raises(Refused, match="cannot be read"):
        read(tmp_path / "none.csv")


def test_the_access_provider_of_a_site_may_be_named() -> None:
    load(HEADER.strip() + ",provider\n" + AMBERT.strip() + ",Orange\n")
    assert Site.objects.get().provider == "Orange"
