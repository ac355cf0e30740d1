"""Releases taken in: verified, copied, known. Each write in its own transaction, with its audit."""

import hashlib
import shutil
import tarfile
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path, PurePosixPath

from django.conf import settings
from django.contrib.auth.models import User
from django.db import transaction
from django.utils import timezone
from django.utils.translation import gettext as _

from controller.accounts.services import record
from controller.errors import NotFound, NotPermitted, Refused
from controller.rollouts import building, manifest, signing
from controller.rollouts.manifest import MANIFEST, SIGNATURE, Manifest
from controller.rollouts.models import Release
from controller.salt.offer import release_keys
from controller.salt.terms import folder as salt_folder

IMPORT = "rollouts.import"


def releases_folder() -> Path:
    """Where the environments are that Salt serves."""
    return salt_folder(settings.VIGIE.home) / "releases"


def keys_folder() -> Path:
    """Where the public keys are by which releases are trusted."""
    return salt_folder(settings.VIGIE.home) / "release-keys"


def verify(folder: Path) -> tuple[Manifest, bytes, str]:
    """The manifest of a release's folder, its bytes, and the name of the key that signed it.

    Raises Refused naming file, found and expected for anything that is not as it was signed.
    """
    raw, signature = _read(folder, MANIFEST), _read(folder, SIGNATURE)
    # The signature first: what nobody we trust has said is not even read.
    by = signing.signer(raw, signature, release_keys(settings.VIGIE.home))
    found = manifest.decode(raw)
    manifest.compare(found, folder)
    return found, raw, by


def import_(
    path: Path, *, user: User | None, actor: str = "", why: str = "", address: str = ""
) -> Release:
    """Take in a release, from its folder or a tar archive of that.

    Raises Refused when it is not good in every way, or its name is taken: a release is never
    replaced. Killed at any moment, it has been taken in whole or not at all.
    """
    _require(user)
    with _unpacked(path) as folder:
        found, raw, by = verify(folder)
        target = releases_folder() / found.name
        known = Release.objects.filter(pk=found.name).first()
        if known is not None and known.digest != _digest(raw):
            raise Refused(f"there is another release {found.name}: give this one another name")
        if known is not None and target.exists():
            raise Refused(f"release {found.name} is there already")
        _place(folder, target, found)
    return _note(found, raw, by, user=user, actor=actor, why=why, address=address)


@transaction.atomic
def withdraw(
    name: str, *, user: User | None, why: str, actor: str = "", address: str = ""
) -> Release:
    """No rollout may begin with it; kiosks that have it keep it. Raises NotFound, Refused."""
    _require(user)
    release = Release.objects.select_for_update(of=("self",)).filter(pk=name).first()
    if release is None:
        raise NotFound(f"no release {name[:64]!r}: `vigie release list` shows them")
    if release.withdrawn_at is not None:
        raise Refused(_("release %(name)s was withdrawn before") % {"name": name})
    if not why.strip():
        raise Refused(_("say why %(name)s is withdrawn") % {"name": name})
    release.withdrawn_at, release.why_withdrawn = timezone.now(), why
    release.save(update_fields=["withdrawn_at", "why_withdrawn"])
    record(
        action="release.withdraw", subject=name, user=user, actor=actor, why=why, address=address
    )
    return release


def _require(user: User | None) -> None:
    if user is not None and not user.has_perm(IMPORT):
        raise NotPermitted(
            _("%(user)s may not import releases: ask an administrator")
            % {"user": user.get_username()}
        )


def _place(folder: Path, target: Path, found: Manifest) -> None:
    if target.exists():  # copied by one that was killed before it was noted
        manifest.compare(found, target)
        return
    try:
        with building.fresh(target) as beside:
            shutil.copytree(folder, beside, dirs_exist_ok=True, symlinks=True)
            manifest.compare(found, beside)  # what was verified is what is kept
            _protect(beside)
    except OSError as err:
        raise Refused(f"release {found.name} cannot be kept in {target.parent}: {err}") from err


def _protect(folder: Path) -> None:
    """Nobody writes there by mistake."""
    for path in manifest.walk(folder):
        path.chmod(0o555 if path.stat().st_mode & 0o100 else 0o444)


@transaction.atomic
def _note(
    found: Manifest, raw: bytes, by: str, *, user: User | None, actor: str, why: str, address: str
) -> Release:
    release, is_new = Release.objects.get_or_create(
        pk=found.name,
        defaults={
            "digest": _digest(raw),
            "manifest": building.stored(found),
            "signed_by": by,
            "imported_at": timezone.now(),
            "by": user,
            "actor": actor or (user.get_username() if user else "system"),
        },
    )
    if is_new:
        record(
            action="release.import", subject=found.name, user=user, actor=actor, why=why,
            address=address, details={"digest": release.digest, "signed_by": by},
        )  # fmt: skip
    return release


def _digest(raw: bytes) -> str:
    return hashlib.sha256(raw).hexdigest()


def _read(folder: Path, name: str) -> bytes:
    path = folder / name
    try:
        if path.is_symlink():
            raise Refused(f"{path} is a link, must be a file")
        return path.read_bytes()
    except OSError as err:
        raise Refused(f"{path}: {err.strerror}; a release has {MANIFEST} and {SIGNATURE}") from err


@contextmanager
def _unpacked(path: Path) -> Iterator[Path]:
    """The release's folder, be it given as one or in an archive."""
    if path.is_dir():
        yield path
        return
    home = releases_folder()
    home.mkdir(parents=True, exist_ok=True)
    with tempfile.TemporaryDirectory(dir=home, prefix=".unpacking-") as temporary:
        folder = Path(temporary)
        try:
            with tarfile.open(path) as archive:
                _extract(archive, folder)
        except (OSError, tarfile.TarError) as err:
            raise Refused(f"{path} is no archive of a release: {err}") from err
        inside = list(folder.iterdir())
        is_wrapped = len(inside) == 1 and inside[0].is_dir() and inside[0].name != "files"
        yield inside[0] if is_wrapped else folder


def _extract(archive: tarfile.TarFile, folder: Path) -> None:
    """Files and folders, and nothing that leads out of it. (Debian 12's tarfile has no filters.)"""
    count, total = 0, 0
    for member in archive:
        count, total = count + 1, total + member.size
        if count > 2 * manifest.MAX_FILES or total > manifest.MAX_BYTES:
            raise Refused(
                f"the archive has over {manifest.MAX_FILES} files or {manifest.MAX_BYTES} bytes"
            )
        parts = PurePosixPath(member.name).parts
        if ".." in parts or member.name.startswith("/") or not (member.isfile() or member.isdir()):
            raise Refused(f"{member.name[:100]!r} in the archive is no plain file of a release")
        target = folder.joinpath(*parts)
        if member.isdir():
            target.mkdir(parents=True, exist_ok=True)
            continue
        target.parent.mkdir(parents=True, exist_ok=True)
        content = archive.extractfile(member)
        assert content is not None  # noqa: S101 - a file has content
        with content, target.open("xb") as file:
            shutil.copyfileobj(content, file)
        target.chmod(0o755 if member.mode & 0o100 else 0o644)
