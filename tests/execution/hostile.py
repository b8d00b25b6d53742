# ruff: noqa: E501 - one script, one line
"""Scripts that try to get out, to take everything, or to be believed; each with how it must end.

A script prints ESCAPED where it got what it must not get.
"""

from typing import NamedTuple


class Hostile(NamedTuple):
    name: str
    ends: str
    code: str


def _denied(attempt: str, setup: str = "") -> str:
    lines = attempt.strip().splitlines()
    body = "\n".join(f"    {line}" for line in lines)
    return f"import os, sys, socket\n{setup}\ntry:\n{body}\nexcept (OSError, ValueError, PermissionError):\n    pass\nelse:\n    print('ESCAPED')\n"


HOSTILE = [
    # The network
    Hostile("tcp", "finished", _denied("socket.create_connection(('1.1.1.1', 80), 1)")),
    Hostile(
        "udp",
        "finished",
        _denied("socket.socket(socket.AF_INET, socket.SOCK_DGRAM).sendto(b'x', ('8.8.8.8', 53))"),
    ),
    Hostile("dns", "finished", _denied("socket.getaddrinfo('pypi.org', 443)")),
    Hostile("raw packets", "finished", _denied("socket.socket(socket.AF_PACKET, socket.SOCK_RAW)")),
    Hostile("netlink", "finished", _denied("socket.socket(socket.AF_NETLINK, socket.SOCK_RAW)")),
    Hostile(
        "the host's loopback",
        "finished",
        _denied("socket.create_connection(('127.0.0.1', {port}), 1)"),
    ),
    # Files
    Hostile("write to /usr", "finished", _denied("open('/usr/escaped', 'w')")),
    Hostile("write to the root", "finished", _denied("open('/escaped', 'w')")),
    Hostile("write to /etc", "finished", _denied("open('/etc/passwd', 'a')")),
    Hostile("write to /dev", "finished", _denied("os.mknod('/dev/sda', 0o60666, os.makedev(8, 0))")),
    Hostile("read /etc/shadow", "finished", _denied("open('/etc/shadow').read()")),
    Hostile("read the project", "finished", _denied("open({secret!r}).read()")),
    Hostile(
        "read the user's home",
        "finished",
        "import os\nif os.path.isdir({home!r}) and any(entry.is_file() for entry in os.scandir({home!r})): print('ESCAPED')\n",
    ),
    Hostile("symbolic link out", "finished", _denied("os.symlink({secret!r}, 'link')\nopen('link').read()")),
    Hostile(
        "climb out by ..", "finished", _denied("open('/proc/self/root' + '/..' * 9 + {secret!r}).read()")
    ),
    Hostile("hard link to a system file", "finished", _denied("os.link('/usr/bin/env', '/tmp/env')")),
    Hostile("remove the interpreter", "finished", _denied("os.unlink(os.__file__)")),
    Hostile(
        "fill the disk with files",
        "raised",
        "for i in range(100000):\n    open(f'{i}', 'w').close()\n",
    ),
    Hostile(
        "fill the disk with bytes",
        "raised",
        "for i in range(100):\n    with open(f'{i}', 'wb') as f:\n        f.write(b'x' * (4 << 20))\n",
    ),
    Hostile(
        "one huge file",
        "signal 25",
        "f = open('big', 'wb', buffering=0)\nwhile True:\n    f.write(b'x' * (1 << 20))\n",
    ),
    Hostile(
        "fill shared memory",
        "raised",
        "for i in range(99):\n    open(f'/dev/shm/{i}', 'wb').write(b'x' * (1 << 20))\n",
    ),
    # Means
    Hostile("memory in one go", "raised", "x = bytearray(20 << 30)\n"),
    Hostile(
        "memory bit by bit",
        "memory",
        "x = []\nwhile True:\n    x.append(b'x' * (32 << 20))\n",
    ),
    Hostile(
        "memory by many processes",
        "memory",
        "import os, time\nfor _ in range(8):\n    if os.fork() == 0:\n        x = b'x' * (60 << 20)\n        time.sleep(60)\ntime.sleep(60)\n",
    ),
    Hostile("busy loop", "timeout", "while True:\n    pass\n"),
    Hostile("sleep", "timeout", "import time\ntime.sleep(1000)\n"),
    Hostile(
        "ignores every signal",
        "timeout",
        "import signal, time\nfor s in range(1, 32):\n    try: signal.signal(s, signal.SIG_IGN)\n    except OSError: pass\nwhile True:\n    try: time.sleep(99)\n    except BaseException: pass\n",
    ),
    Hostile("fork bomb", "timeout", "import os\nwhile True:\n    try: os.fork()\n    except OSError: pass\n"),
    Hostile(
        "threads without end",
        "raised",
        "import threading, time\nfor _ in range(10000):\n    threading.Thread(target=time.sleep, args=(99,), daemon=True).start()\n",
    ),
    Hostile("descriptors without end", "raised", "x = []\nwhile True:\n    x.append(open('/dev/null'))\n"),
    Hostile("output without end", "signal 25", "while True:\n    print('x' * 100000)\n"),
    Hostile("deep recursion", "raised", "def f(): f()\nf()\n"),
    # Other processes
    Hostile(
        "kill the parent",
        "finished",
        "import os, signal\nfor pid in (os.getppid(), 1):\n    if pid > 0:\n        try: os.kill(pid, signal.SIGKILL)\n        except OSError: pass\n",
    ),
    Hostile(
        "interrupt the first process",
        "finished",
        "import os, signal\nfor s in (signal.SIGINT, signal.SIGTERM, signal.SIGSEGV):\n    try: os.kill(1, s)\n    except OSError: pass\n",
    ),
    Hostile(
        "kill everything",
        "finished",
        _denied("os.kill(-1, 15)", "import signal\nsignal.signal(15, signal.SIG_IGN)"),
    ),
    Hostile(
        "see others in /proc",
        "finished",
        "import os\nif {p for p in os.listdir('/proc') if p.isdigit()} - {'1', str(os.getpid())}: print('ESCAPED')\n",
    ),
    Hostile("read the first process's memory", "finished", _denied("open('/proc/1/mem', 'rb').read(1)")),
    Hostile(
        "read the first process's environment",
        "finished",
        _denied("open('/proc/1/environ', 'rb').read() and 1 / 1"),
    ),
    Hostile(
        "orphans that daemonise",
        "finished",
        "import os, time\nfor _ in range(3):\n    if os.fork() == 0:\n        os.setsid()\n        if os.fork(): os._exit(0)\n        while True: time.sleep(1)\n",
    ),
    Hostile(
        "write to /proc/sys",
        "finished",
        _denied("open('/proc/sys/kernel/core_pattern', 'w').write('|/tmp/x')"),
    ),
    Hostile("trigger sysrq", "finished", _denied("open('/proc/sysrq-trigger', 'w').write('c')")),
    # Rights
    Hostile(
        "become root",
        "finished",
        "import os\ntry: os.setuid(0)\nexcept OSError: pass\ntry: open('/etc/escaped', 'w'); print('ESCAPED')\nexcept OSError: pass\n",
    ),
    Hostile(
        "setuid programs",
        "finished",
        "import subprocess\nout = subprocess.run(['su', '-c', 'id -u'], capture_output=True, text=True, stdin=subprocess.DEVNULL)\nif out.returncode == 0: print('ESCAPED')\n",
    ),
    Hostile(
        "new user namespace",
        "finished",
        "import subprocess\nif subprocess.run(['unshare', '-Ur', 'true'], stderr=subprocess.DEVNULL).returncode == 0: print('ESCAPED')\n",
    ),
    Hostile(
        "mount",
        "finished",
        "import subprocess\nif subprocess.run(['mount', '-t', 'tmpfs', 'x', '/usr'], capture_output=True).returncode == 0: print('ESCAPED')\n",
    ),
    Hostile("enter the first process's namespaces", "finished", _denied("open('/proc/1/ns/mnt')")),
    Hostile(
        "raise its own limits",
        "finished",
        _denied("resource.setrlimit(resource.RLIMIT_AS, (1 << 50, 1 << 50))", "import resource"),
    ),
    Hostile("chroot", "finished", _denied("os.chroot('/tmp')")),
    Hostile(
        "LD_PRELOAD",
        "finished",
        "import os, subprocess\nos.environ['LD_PRELOAD'] = '/tmp/evil.so'\nopen('/tmp/evil.so', 'wb').write(b'junk')\nsubprocess.run(['true'], stderr=subprocess.DEVNULL)\n",
    ),
    Hostile(
        "ptrace", "forged", "import ctypes\nif ctypes.CDLL(None).ptrace(16, 1, 0, 0) == 0: print('ESCAPED')\n"
    ),
    # Forged verdicts
    Hostile("leave with 0", "left", "import os\nos._exit(0)\n1 / 0\n"),
    Hostile("sys.exit before the end", "raised", "import sys\nsys.exit(0)\n1 / 0\n"),
    Hostile("become another program", "left", "import os\nos.execv('/bin/true', ['true'])\n"),
    Hostile("kill itself", "signal 9", "import os\nos.kill(os.getpid(), 9)\n"),
    Hostile("crash", "signal 6", "import os\nos.abort()\n"),
    Hostile(
        "write a verdict to every descriptor",
        "raised",
        "import os\nfor fd in range(3, 512):\n    for letter in (b'E', b'{\"ok\": true}\\n', b'E'):\n        try: os.write(fd, letter)\n        except OSError: pass\n1 / 0\n",
    ),
    Hostile(
        "write a verdict and leave",
        "forged",
        "import os\nfor fd in range(3, 64):\n    try: os.write(fd, b'E')\n    except OSError: pass\nos._exit(0)\n",
    ),
    Hostile(
        "write a verdict and wait",
        "forged",
        "import os, time\nos.write(4, b'E')\nwhile True:\n    os.read(3, 1)\n",
    ),
    Hostile(
        "wait in another thread",
        "forged",
        "import os, threading, time\nos.write(4, b'E')\nt = threading.Thread(target=os.read, args=(3, 1)); t.start()\ntime.sleep(60)\n",
    ),
    Hostile(
        "answer on standard output",
        "raised",
        'import os\nos.write(1, b\'{"ok": true, "id": "x", "how": "finished"}\\n\')\n1 / 0\n',
    ),
    Hostile(
        "patch what runs it",
        "raised",
        "import os, sys, builtins\nos.write = lambda *a: 1\nsys.excepthook = lambda *a: os._exit(0)\nbuiltins.BaseException = ValueError\nbuiltins.type = lambda *a: SystemExit\nfor name, module in list(sys.modules.items()):\n    if 'script_process' in name:\n        module._report = module._left_at_end = lambda *a: True\n1 / 0\n",
    ),
    Hostile(
        "climb the frames",
        "raised",
        "import sys\nf = sys._getframe()\nwhile f:\n    for k in list(f.f_locals):\n        try: f.f_locals[k] = None\n        except Exception: pass\n    f = f.f_back\n1 / 0\n",
    ),
    Hostile("trace the frames above", "forged", "import sys\nsys.settrace(lambda *a: None)\n1 / 0\n"),
    Hostile("search memory by gc", "forged", "import gc\nfor o in gc.get_objects():\n    pass\n"),
    Hostile("end by atexit", "raised", "import atexit, os\natexit.register(os._exit, 0)\n1 / 0\n"),
    Hostile(
        "an exception that leaves while printed",
        "raised",
        "import os\nclass E(Exception):\n    def __str__(self): os.write(4, b'E'); os._exit(0)\nraise E\n",
    ),
    Hostile(
        "an exception dressed as a good exit", "raised", "class E(SystemExit):\n    code = None\nraise E\n"
    ),
    Hostile("let a child answer", "raised", "import os\nif os.fork() == 0:\n    raise SystemExit\n1 / 0\n"),
    Hostile(
        "a signal while failing",
        "raised",
        "import signal, os\nsignal.signal(signal.SIGALRM, lambda *a: os.write(4, b'E'))\nsignal.setitimer(signal.ITIMER_REAL, 0.0005, 0.0005)\nfor _ in range(100000): pass\n1 / 0\n",
    ),
    Hostile(
        "exit code of a thread",
        "raised",
        "import threading, os\nthreading.Thread(target=lambda: None).start()\nraise SystemExit(3)\n",
    ),
    Hostile("close the judge's line", "left", "import os\nos.closerange(3, 1000)\n"),
    Hostile("machine code", "forged", "import ctypes\nctypes.string_at(0)\n"),
]
