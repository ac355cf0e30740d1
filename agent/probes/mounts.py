"""Which file systems a kiosk lives on, and whether each may be written.

/proc/self/mountinfo (proc(5)); the last words are of the super block, which ext4 turns to `ro`
by itself when the disk fails (errors=remount-ro). Those before the dash are of this view of it
only: systemd gives the agent one where it may write nowhere (ProtectSystem=strict).
    27 1 254:0 / / ro,relatime - ext4 /dev/vda rw,discard
/etc/fstab says what was meant:
    UUID=5d8e / ext4 errors=remount-ro 0 1
"""

import re
from collections.abc import Iterable
from pathlib import PurePath

from msgspec import Struct

#: Cannot be written by nature: live systems, installation media.
READ_ONLY_BY_NATURE = frozenset({"squashfs", "erofs", "iso9660", "udf", "cramfs"})


class Mount(Struct, frozen=True):
    """One mounted file system. `device` is `major:minor` as in /sys/dev/block."""

    point: str
    device: str
    fstype: str
    is_read_only: bool


def parse_mountinfo(raw: str) -> tuple[Mount, ...]:
    """All mounts, in the order they were made: a later one hides an earlier one at its point.

    >>> parse_mountinfo("27 1 254:0 / / rw,relatime shared:1 - ext4 /dev/vda ro,discard")
    (Mount(point='/', device='254:0', fstype='ext4', is_read_only=True),)
    >>> parse_mountinfo("27 1 254:0 / / ro,relatime - ext4 /dev/vda rw")[0].is_read_only
    False
    """
    mounts = []
    for line in raw.splitlines():
        left, _, right = line.partition(" - ")
        fields, about = left.split(" "), right.split(" ")
        if len(fields) < 6 or len(about) < 3:
            continue
        is_read_only = "ro" in about[2].split(",")
        mounts.append(Mount(_unescape(fields[4]), fields[2], about[0], is_read_only))
    return tuple(mounts)


def parse_fstab(raw: str) -> frozenset[str]:
    """The mount points that are meant to be written to.

    >>> sorted(parse_fstab("# a\\nUUID=1 / ext4 errors=remount-ro 0 1\\nUUID=2 /boot ext4 ro 0 2"))
    ['/']
    """
    points = set()
    for line in raw.splitlines():
        fields = line.split()
        if len(fields) >= 3 and not line.lstrip().startswith("#"):
            options = fields[3].split(",") if len(fields) > 3 else []
            if "ro" not in options:
                points.add(_unescape(fields[1]))
    return frozenset(points)


#: In a chroot the root need not be a mount point of its own; it holds all the same.
_NAMELESS = Mount("/", "", "", False)


def that_matter(mounts: Iterable[Mount], paths: Iterable[str]) -> tuple[Mount, ...]:
    """The mounts that hold `paths`, each file system once, the root first.

    >>> root = Mount("/", "8:1", "ext4", False)
    >>> boot = Mount("/boot", "8:2", "ext4", False)
    >>> [mount.point for mount in that_matter([root, boot], ["/", "/var/lib", "/boot"])]
    ['/', '/boot']
    >>> [mount.point for mount in that_matter([boot], ["/", "/var/lib"])]
    ['/']
    """
    latest = {mount.point: mount for mount in mounts}
    found: dict[str, Mount] = {}
    for path in paths:
        places = (PurePath(path), *PurePath(path).parents)
        mount = next((latest[str(place)] for place in places if str(place) in latest), _NAMELESS)
        # The same device seen at two points is one file system: a bind mount, a subvolume.
        found.setdefault(mount.device, mount)
    return tuple(found.values())


def _unescape(text: str) -> str:
    """Blanks in a mount point are written as octal.

    >>> _unescape("/media/my\\\\040disk")
    '/media/my disk'
    """
    return re.sub(r"\\([0-7]{3})", lambda code: chr(int(code[1], 8)), text)
