"""What is kept out of memory, and that it is still there when it is needed."""

import subprocess
import sys

SPARED = (
    *("shutil", "tempfile", "lzma", "http.client", "asyncio", "email", "json", "secrets"),
    *("random", "linecache", "tokenize", "numbers", "textwrap", "_hashlib", "_decimal"),
)


def python(code: str) -> str:
    """What it prints."""
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    return done.stdout.strip()


def test_a_running_agent_holds_none_of_what_it_never_uses() -> None:
    code = (
        "import sys; from agent import lean; lean.spare_imports();"
        "import agent.console, agent.kiosk, agent.probes; agent.console.run(['run']);"
        f"print([name for name in {SPARED} if sys.modules.get(name)])"
    )
    assert python(code) == "[]"


def test_a_spared_module_becomes_the_real_one_when_used() -> None:
    code = (
        "import sys; from agent import lean; lean.spare_imports();"
        "import urllib.request; print(urllib.request.Request('http://a.example/').host);"
        "print(sys.modules['urllib.request'].__file__ is not None)"
    )
    assert python(code).split() == ["a.example", "True"]


def test_spared_modules_of_python_itself_are_whole_when_used() -> None:
    code = (
        "from agent import lean; lean.spare_imports();"
        "import base64, heapq, string;"
        "heap = [3, 1, 2]; heapq.heapify(heap); heapq.heappush(heap, 0);"
        "print(heapq.heappop(heap), base64.b64encode(b'vigie').decode(), string.hexdigits[:3])"
    )
    assert python(code) == "0 dmlnaWU= 012"


def test_what_pyudev_guesses_by_is_there_when_asked_for() -> None:
    code = (
        "from agent import lean; lean.spare_imports();"
        "from pyudev import discover; hypothesis = discover.Hypothesis.__name__;"
        "print(discover.DevicePathHypothesis.match('/sys/x') is not None, hypothesis)"
    )
    assert python(code) == "True Hypothesis"


def test_a_spared_function_becomes_the_real_one_when_called() -> None:
    code = (
        "from agent import lean; lean.spare_imports();"
        "import subprocess, msgspec;"
        "print(subprocess.check_output(['/bin/echo', 'said'], text=True), end='');"
        "print(issubclass(subprocess.TimeoutExpired, Exception));"
        "print(msgspec.json.schema(int))"
    )
    assert python(code).splitlines() == ["said", "True", "{'type': 'integer'}"]


def test_a_hash_is_the_one_that_hashlib_gives() -> None:
    code = "import hashlib; print(hashlib.sha256(b'vigie').hexdigest())"
    assert python(f"from agent import lean; lean.spare_imports(); {code}") == python(code)


def test_an_annotation_in_quotes_still_means_what_it_says() -> None:
    code = (
        "from agent import lean; lean.spare_imports(); import typing\n"
        "def f(x: typing.Optional['int']) -> 'list[str]': ...\n"
        "print(typing.get_type_hints(f))"
    )
    assert python(code) == "{'x': typing.Optional[int], 'return': list[str]}"


def test_libudev_is_found_under_the_name_we_give() -> None:
    code = (
        "from agent import lean; lean.spare_imports();"
        "import pyudev; print(len(list(pyudev.Context().list_devices(subsystem='net'))) > 0)"
    )
    assert python(code) == "True"


def test_host_names_and_addresses_are_still_resolved() -> None:
    code = (
        "import sys; from agent import lean; lean.spare_imports();"
        "import socket; print(socket.getaddrinfo('localhost', 80)[0][4][1]);"
        "print('vigie.example'.encode('idna'), 'unicodedata' in sys.modules)"
    )
    assert python(code).split() == ["80", "b'vigie.example'", "False"]


def test_an_unloaded_module_can_be_loaded_again() -> None:
    code = (
        "import sys, json.decoder; from agent import lean; lean.unload('json');"
        "print([name for name in sys.modules if name.startswith('json')]);"
        "import json; print(json.loads('1'))"
    )
    assert python(code).split() == ["[]", "1"]


def test_giving_memory_back_harms_nothing() -> None:
    code = "from agent import lean; lean.share_one_heap(); lean.give_back(); print('alive')"
    assert python(code) == "alive"
