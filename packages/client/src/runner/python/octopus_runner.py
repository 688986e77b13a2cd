"""Runs Python plugins for the Octopus client. Plain Python 3.7: it has to start on whatever a PC has.

Two processes. The *keeper* is what the client started: it never runs a plugin's code, so nothing a plugin does (an
endless loop in C that holds the interpreter, a closed descriptor, a blocked signal) can keep it from ending the whole
tree when the client is gone, when the hold or the limit of time has passed, or when the client says so. The *worker*, its child, runs the
plugin and talks to the client by itself. Why: docs/decisions/0010-python-runner.md.

Descriptor 3 is the worker's channel, 4 is the keeper's; both carry JSON lines. Windows has no fork: there a thread
plays the keeper, and the client ends the tree.
"""

import errno
import os
import signal
import sys
import time

CHANNEL = 3
LIFELINE = 4
# Exit codes of the keeper, told apart by the client.
EXIT_HOLD_PASSED = 75
EXIT_CLIENT_GONE = 76
EXIT_LIMIT_PASSED = 77
# The keeper looks at its clock this often while a hold or a limit runs: a PC that slept must notice soon after it wakes.
FUSE_LOOK_SECONDS = 1.0
# A tree that still forks after so many seconds of killing is killed together with the keeper, by its process group.
KILL_SECONDS_MAX = 4.0
# So often, every 2 ms, a thread that has not begun is looked at again before it is taken for a library's.
THREAD_LOOKS_MAX = 100
# One message of output carries so many characters at most.
OUTPUT_CHARACTERS_MAX = 16384
# Output beyond the limit is only counted; the count is told each time so many bytes have come together.
SKIPPED_BYTES_TOLD = 1048576
STACK_CHARACTERS_MAX = 65536
MESSAGE_CHARACTERS_MAX = 16384


# ---- keeper ---------------------------------------------------------------------------------------------------------


def steady_seconds():
    """A clock that never steps and, where there is one, counts the time that the PC slept."""
    if hasattr(time, "CLOCK_BOOTTIME"):
        return time.clock_gettime(time.CLOCK_BOOTTIME)
    return time.monotonic()


class Fuses:
    """When the tree ends although nobody says so: the hold counts the time that the PC slept, the limit of time does not."""

    CLOCKS = {"hold": steady_seconds, "limit": time.monotonic}
    EXITS = {"hold": EXIT_HOLD_PASSED, "limit": EXIT_LIMIT_PASSED}

    def __init__(self):
        self.until = {}

    def obey(self, words):
        """`hold 45000` lets it end in 45 s, `hold none` takes that back. Other words are none of ours."""
        if words[0] not in self.CLOCKS:
            return
        if words[1] == "none":
            self.until.pop(words[0], None)
        else:
            self.until[words[0]] = self.CLOCKS[words[0]]() + int(words[1]) / 1000.0

    def left_seconds(self):
        """Until the next one; None if there is none."""
        return min((until - self.CLOCKS[word]() for word, until in self.until.items()), default=None)

    def passed(self):
        """The exit code of one that has passed, or None."""
        for word, until in self.until.items():
            if self.CLOCKS[word]() >= until:
                return self.EXITS[word]
        return None


def close_strangers():
    """Closes what the client's own parents left open, and keeps our channels out of the plugin's children."""
    for folder in ("/proc/self/fd", "/dev/fd"):
        try:
            names = os.listdir(folder)
        except OSError:
            continue
        for name in names:
            if int(name) > LIFELINE:
                try:
                    os.close(int(name))
                except OSError:
                    pass
        break
    os.set_inheritable(CHANNEL, False)
    os.set_inheritable(LIFELINE, False)


def inherit_mark():
    """Linux: a number that whatever is started from now on inherits and cannot drop. The limit itself has no effect."""
    for argument in sys.argv[1:]:
        if argument.startswith("--inherit="):
            try:
                import resource

                mark = int(argument[len("--inherit=") :])
                resource.setrlimit(resource.RLIMIT_RSS, (mark, mark))
            except Exception:
                pass


def become_subreaper():
    """Linux: whoever is orphaned below the keeper becomes its child, also after a double fork and setsid."""
    try:
        import ctypes

        return ctypes.CDLL(None, use_errno=True).prctl(36, 1, 0, 0, 0) == 0
    except Exception:
        return False


def children_of(pid, tasks=None):
    """Linux tells them for each thread of a process; elsewhere there are none to be seen."""
    found = []
    try:
        for task in tasks or os.listdir("/proc/%d/task" % pid):
            with open("/proc/%d/task/%s/children" % (pid, task), "rb", 0) as file:
                found.extend(int(child) for child in file.read().split())
    except OSError:
        pass
    return found


def descendants():
    found = []
    waiting = [os.getpid()]
    while waiting:
        for child in children_of(waiting.pop()):
            found.append(child)
            waiting.append(child)
    return found


def send_signal(pid, number):
    try:
        os.kill(pid, number)
    except OSError:
        pass


class Keeper:
    def __init__(self, worker):
        self.worker = worker
        self.worker_gone = False
        self.fuses = Fuses()
        self.proves = False
        # Only when the client has heard that the worker is gone: what it writes to a closed lifeline would cost it that.
        self.may_exit = False

    def run(self):
        import json
        import select

        for number in (signal.SIGINT, signal.SIGTERM, signal.SIGHUP, signal.SIGQUIT, signal.SIGUSR1, signal.SIGUSR2):
            signal.signal(number, signal.SIG_IGN)
        os.close(CHANNEL)
        nothing = os.open(os.devnull, os.O_RDWR)
        os.dup2(nothing, 1)
        os.dup2(nothing, 2)
        waker, wake = os.pipe()
        os.set_blocking(wake, False)
        os.set_blocking(waker, False)
        signal.set_wakeup_fd(wake, warn_on_full_buffer=False)
        signal.signal(signal.SIGCHLD, lambda number, frame: None)
        self.proves = become_subreaper() and os.path.exists("/proc/%d/task/%d/children" % (os.getpid(), os.getpid()))
        self.tell = lambda message: self.write((json.dumps(message) + "\n").encode("ascii"))
        self.tell({"type": "ready", "proves": self.proves, "worker": self.worker})
        poll = select.poll()
        poll.register(LIFELINE, select.POLLIN)
        poll.register(waker, select.POLLIN)
        heard = b""
        while True:
            if self.reap() and self.may_exit:
                os._exit(0)
            for descriptor, _ in poll.poll(self.wait_ms()):
                if descriptor == waker:
                    os.read(waker, 4096)
                    continue
                try:
                    piece = os.read(LIFELINE, 65536)
                except OSError:
                    piece = b""
                if not piece:
                    self.end(EXIT_CLIENT_GONE)
                heard += piece
            while b"\n" in heard:
                line, heard = heard.split(b"\n", 1)
                self.obey(line.decode("ascii").split())
            passed = self.fuses.passed()
            if passed is not None:
                self.end(passed)

    def wait_ms(self):
        left = self.fuses.left_seconds()
        if left is None:
            # Without proof of the tree there is nothing to wait for but signals; with it, orphans wake us by SIGCHLD.
            return None
        return min(max(0.0, left), FUSE_LOOK_SECONDS) * 1000 + 1

    def obey(self, words):
        if not words:
            return
        self.fuses.obey(words)
        if words[0] == "ask":
            if not self.worker_gone:
                send_signal(self.worker, signal.SIGINT)
        elif words[0] == "term":
            for pid in self.tree():
                send_signal(pid, signal.SIGTERM)
        elif words[0] == "end":
            self.may_exit = True
        elif words[0] == "kill":
            self.end(0)

    def write(self, data):
        try:
            os.write(LIFELINE, data)
        except OSError:
            pass

    def reap(self):
        """True when there is nobody left to wait for: the worker and, where we adopt them, all orphans are gone.

        Only this is a proof: the list of children that Linux shows may leave out one while another is ending.
        """
        while True:
            try:
                pid, status = os.waitpid(-1, os.WNOHANG)
            except ChildProcessError:
                return True
            if pid == 0:
                return False
            if pid == self.worker:
                self.worker_gone = True
                killed = os.WIFSIGNALED(status)
                code = None if killed else os.WEXITSTATUS(status)
                number = os.WTERMSIG(status) if killed else None
                self.tell({"type": "gone", "code": code, "signal": number})

    def tree(self):
        """Whom a signal goes to: every descendant where the system tells them, else the process group."""
        return descendants() or [0]

    def end(self, code):
        """Kills everything below. They are stopped first, so that none can fork while the others are killed."""
        self.tell({"type": "ending", "code": code})
        until = steady_seconds() + KILL_SECONDS_MAX
        while steady_seconds() < until:
            found = descendants()
            for number in (signal.SIGSTOP, signal.SIGKILL):
                for pid in found:
                    send_signal(pid, number)
            if not found and not self.proves:
                break
            if self.reap():
                os._exit(code)
            time.sleep(0.002)
        os.killpg(0, signal.SIGKILL)
        os._exit(code)


def keep_by_thread(interrupt):
    """Windows: the keeper as threads. `taskkill` takes the whole tree, this process included."""
    import queue
    import subprocess
    import threading

    words = queue.Queue()

    def listen():
        heard = b""
        while True:
            try:
                piece = os.read(LIFELINE, 65536)
            except OSError:
                piece = b""
            if not piece:
                words.put(["kill"])
                return
            heard += piece
            while b"\n" in heard:
                line, heard = heard.split(b"\n", 1)
                words.put(line.decode("ascii").split())

    def keep():
        fuses = Fuses()
        while True:
            try:
                word = words.get(timeout=FUSE_LOOK_SECONDS)
            except queue.Empty:
                word = ["look"]
            fuses.obey(word)
            if word[0] == "ask":
                interrupt()
            passed = fuses.passed()
            if word[0] in ("term", "kill") or passed is not None:
                subprocess.call(["taskkill", "/T", "/F", "/PID", str(os.getpid())])
                os._exit(EXIT_CLIENT_GONE if passed is None else passed)

    threading.Thread(target=listen, daemon=True).start()
    threading.Thread(target=keep, daemon=True).start()
    os.write(LIFELINE, b'{"type":"ready","proves":false,"worker":%d}\n' % os.getpid())


# ---- worker ---------------------------------------------------------------------------------------------------------


def work(make_keeper):
    """The worker's whole life. Imports stand here, so that the keeper stays small."""
    import _thread
    import ast
    import base64
    import codecs
    import faulthandler
    import importlib.util
    import inspect
    import io
    import json
    import linecache
    import logging
    import threading
    import traceback
    import types

    own_file = os.path.abspath(__file__)
    main_thread = threading.get_ident()
    posix = os.name == "posix"

    class Channel:
        """Whole messages, one after the other, from any thread. Ends the process when the client is gone."""

        def __init__(self):
            self.lock = threading.RLock()
            self.waiting = []
            self.sender = None
            self.interrupted = False
            self.room = 0
            self.skipped = 0
            self.forked = False

        def send(self, message):
            data = (json.dumps(message) + "\n").encode("ascii")
            with self.lock:
                self.waiting.append(data)
                if self.sender is not None:
                    return  # a signal handler spoke in the middle of a message: it goes out after it
                self.sender = threading.get_ident()
                try:
                    while self.waiting:
                        self.write(self.waiting.pop(0))
                finally:
                    self.sender = None
            if self.interrupted and threading.get_ident() == main_thread:
                self.interrupted = False
                raise KeyboardInterrupt()

        def write(self, data):
            view = memoryview(data)
            while view:
                try:
                    view = view[os.write(CHANNEL, view) :]
                except OSError as error:
                    if error.errno != errno.EAGAIN:
                        os._exit(1)
                    time.sleep(0.001)

        def output(self, stream, text):
            if not text:
                return
            if self.forked:
                os.write(1 if stream == "stdout" else 2, text.encode("utf-8", "replace"))
                return
            size = len(text) if text.isascii() else len(text.encode("utf-8", "replace"))
            with self.lock:
                if size > self.room:
                    kept = text[: self.room].encode("utf-8", "replace")[: self.room].decode("utf-8", "ignore")
                    self.skipped += size - len(kept.encode("utf-8"))
                    text = kept
                    self.room = 0
                else:
                    self.room -= size
            for at in range(0, len(text), OUTPUT_CHARACTERS_MAX):
                self.send({"type": "output", "stream": stream, "text": text[at : at + OUTPUT_CHARACTERS_MAX]})
            if self.skipped >= SKIPPED_BYTES_TOLD:
                skipped, self.skipped = self.skipped, 0
                self.send({"type": "skipped", "bytes": skipped})

    channel = Channel()

    class Sink(io.BufferedIOBase):
        """What a standard stream writes into: the channel, in order with logging. Keeps the descriptor's number."""

        def __init__(self, name, descriptor):
            self.name = name
            self.descriptor = descriptor
            self.decoder = codecs.getincrementaldecoder("utf-8")("replace")

        def writable(self):
            return True

        def fileno(self):
            return self.descriptor

        def write(self, data):
            data = bytes(data)
            channel.output(self.name, self.decoder.decode(data))
            return len(data)

        def finish(self):
            channel.output(self.name, self.decoder.decode(b"", True))
            self.decoder.reset()

    class Stream(io.TextIOWrapper):
        """Sends whole lines, as on a terminal: print() writes each of its arguments by itself, which would be a message
        each, four times as slow."""

        def __init__(self, name, descriptor):
            sink = Sink(name, descriptor)
            super().__init__(sink, "utf-8", "backslashreplace", "\n", line_buffering=True)
            self.sink = sink
            self.mode = "w"

        @property
        def name(self):
            return "<%s>" % self.sink.name

    class LogHandler(logging.Handler):
        def emit(self, record):
            try:
                channel.output("log", self.format(record) + "\n")
            except Exception:
                self.handleError(record)

    log_handler = LogHandler()
    log_handler.setFormatter(logging.Formatter("%(levelname)s %(name)s: %(message)s"))

    def call_handlers(self, record):
        """Every record once, whatever the plugin did to handlers and propagation; its own handlers that would only
        repeat it on a standard stream are left out, all others work."""
        log_handler.handle(record)
        logger = self
        while logger:
            for handler in logger.handlers:
                repeats = isinstance(getattr(handler, "stream", None), Stream)
                if record.levelno >= handler.level and not repeats:
                    handler.handle(record)
            logger = logger.parent if logger.propagate else None

    logging.Logger.callHandlers = call_handlers
    logging.getLogger().setLevel(logging.INFO)

    # -- the plugin's code

    class Refusal(Exception):
        """The plugin cannot be called like this; the message says why and what to do."""

    class PluginLoader:
        """Only to answer `inspect` and `linecache`; the module is made by `load`."""

        def __init__(self, source):
            self.source = source

        def get_source(self, name):
            return self.source

        def is_package(self, name):
            return False

    class Plugin:
        def __init__(self):
            self.checksum = None
            self.file = None
            self.module = None
            self.imported = set()

    plugin = Plugin()
    running = {"now": False}

    def module_name_for(name):
        """The plugin's name, unless that is some other module's name already."""
        plain = name.replace("-", "_")
        taken = plain in sys.modules
        if not taken:
            try:
                taken = importlib.util.find_spec(plain) is not None
            except (ImportError, ValueError):
                taken = True
        return "plugin_" + plain if taken else plain

    def imported_names(body):
        found = set()
        for statement in body:
            if isinstance(statement, (ast.Import, ast.ImportFrom)):
                found.update((alias.asname or alias.name).split(".")[0] for alias in statement.names)
            for part in ("body", "orelse", "finalbody", "handlers"):
                if isinstance(statement, (ast.If, ast.Try, ast.With, ast.ExceptHandler)):
                    found |= imported_names(getattr(statement, part, []))
        return found

    def load(order):
        source = base64.b64decode(order["source"])
        name = module_name_for(order["plugin"])
        plugin.file = name + ".py"
        text = importlib.util.decode_source(source)
        linecache.cache[plugin.file] = (len(source), None, text.splitlines(True), plugin.file)
        tree = ast.parse(source, plugin.file)
        code = compile(tree, plugin.file, "exec", dont_inherit=True)
        plugin.imported = imported_names(tree.body)
        if posix:
            # For children that import the module by its name (multiprocessing with spawn).
            modules = os.path.join(os.path.dirname(home), "modules")
            with open(os.path.join(modules, plugin.file), "wb") as file:
                file.write(source)
            sys.path.append(modules)
        module = types.ModuleType(name)
        module.__file__ = plugin.file
        module.__loader__ = PluginLoader(text)
        module.__spec__ = importlib.util.spec_from_loader(name, module.__loader__, origin=plugin.file)
        sys.modules[name] = module
        sys.argv = [plugin.file]
        try:
            exec(code, module.__dict__)
        except BaseException:
            sys.modules.pop(name, None)
            raise
        plugin.module = module
        plugin.checksum = order["checksum"]

    def actions():
        return {
            name: value
            for name, value in vars(plugin.module).items()
            if not name.startswith("_")
            and callable(value)
            and not isinstance(value, type)
            and name not in plugin.imported
        }

    def call(order):
        if plugin.checksum != order["checksum"]:
            load(order)
        function = None if order["action"].startswith("_") else vars(plugin.module).get(order["action"])
        if function is None or not callable(function) or order["action"] not in actions():
            names = ", ".join(sorted(actions())) or "none: define a function at the top level, for example run()"
            raise Refusal("The plugin has no action %r. Its actions: %s." % (order["action"], names))
        args = json.loads(order["args"])
        kwargs = json.loads(order["kwargs"])
        try:
            value = function(*args, **kwargs)
        except TypeError as error:
            if error.__traceback__.tb_next is None:
                refuse_arguments(order["action"], function, args, kwargs)
            raise
        if isinstance(value, types.CoroutineType):
            import asyncio

            return asyncio.run(value)
        if inspect.isawaitable(value):
            import asyncio

            async def wait():
                return await value

            return asyncio.run(wait())
        return value

    def refuse_arguments(action, function, args, kwargs):
        try:
            signature = inspect.signature(function)
        except (TypeError, ValueError):
            return
        try:
            signature.bind(*args, **kwargs)
        except TypeError as error:
            text = "The arguments do not fit: %s. The action is %s%s and got %d by place and %s by name."
            given = ", ".join(sorted(kwargs)) or "none"
            raise Refusal(text % (error, action, signature, len(args), given)) from None

    # -- what came of it

    def cut_text(text, most):
        if len(text) <= most:
            return text
        head = most // 4
        return text[:head] + "\n... cut ...\n" + text[len(text) - (most - head - 20) :]

    def safely(show, value):
        try:
            return show(value)
        except BaseException as error:
            return "<%s that cannot be shown: %s>" % (type(value).__name__, type(error).__name__)

    def type_name(error):
        kind = type(error)
        own = plugin.module is not None and kind.__module__ == plugin.module.__name__
        return kind.__qualname__ if own or kind.__module__ == "builtins" else kind.__module__ + "." + kind.__qualname__

    def from_plugin(trace):
        """Without the runner's own frames: a traceback begins in the plugin's file."""
        while trace is not None and trace.tb_frame.f_code.co_filename != plugin.file:
            trace = trace.tb_next
        return trace

    def failure(error):
        if isinstance(error, Refusal):
            return {"message": str(error), "type": "", "stack": ""}
        trace = from_plugin(error.__traceback__)
        shown = traceback.TracebackException(type(error), error, trace)
        message = safely(str, error)
        if isinstance(error, SystemExit):
            message = "The plugin called sys.exit(%s)." % safely(repr, error.code)
        return {
            "message": cut_text(message, MESSAGE_CHARACTERS_MAX),
            "type": type_name(error)[:255],
            "stack": cut_text("".join(shown.format()), STACK_CHARACTERS_MAX),
        }

    plain_json = json.JSONEncoder(allow_nan=False, ensure_ascii=False, separators=(",", ":")).encode
    ascii_json = json.JSONEncoder(allow_nan=False, separators=(",", ":")).encode

    def to_json(value):
        text = plain_json(value)
        try:
            text.encode("utf-8")
        except UnicodeEncodeError:
            text = ascii_json(value)  # half of a surrogate pair: it can only be written as an escape
        return text

    def as_json_string(text, most):
        """The longest beginning of the text that fits as a JSON string."""
        kept = text[:most]
        while True:
            shown = to_json(kept)
            size = len(shown.encode("utf-8"))
            if size <= most:
                return shown
            kept = kept[: max(0, min(len(kept) - 1, int(len(kept) * most / size)))]

    def valued(value, most):
        kind = "json"
        try:
            text = to_json(value)
        except (TypeError, ValueError, RecursionError, OverflowError):
            kind = "text"
            text = to_json(safely(repr, value))
        if len(text.encode("utf-8")) <= most:
            return {"value": text, "kind": kind, "cut": False}
        return {"value": as_json_string(text if kind == "json" else json.loads(text), most), "kind": "text", "cut": True}

    def outcome(order):
        nothing = {"value": None, "kind": "json", "cut": False, "error": None}
        try:
            value = call(order)
            if isinstance(value, dict) and value.get("status") == "error":
                said = value.get("message") or value.get("error") or 'The plugin returned the status "error".'
                error = {"message": cut_text(safely(str, said), MESSAGE_CHARACTERS_MAX), "type": "", "stack": ""}
                return dict(valued(value, order["valueMax"]), end="failed", reason="status-error", error=error)
            return dict(valued(value, order["valueMax"]), end="succeeded", reason="finished", error=None)
        except SystemExit as error:
            if error.code is None or error.code == 0:
                return dict(nothing, value="null", end="succeeded", reason="finished")
            return dict(nothing, end="failed", reason="exception", error=failure(error))
        except BaseException as error:
            return dict(nothing, end="failed", reason="exception", error=failure(error))

    # -- one execution after the other

    home = os.getcwd()
    base_environment = dict(os.environ)
    recursion = sys.getrecursionlimit()
    raw = {}

    def on_interrupt(number, frame):
        if not running["now"]:
            return
        if channel.sender == main_thread:
            channel.interrupted = True  # half a message would break the channel: the sender raises it afterwards
            return
        raise KeyboardInterrupt()

    def open_raw():
        """From now on descriptors 1 and 2 are real pipes: /dev/stdout works in them, unlike in a socket."""
        for name, descriptor in (("stdout", 1), ("stderr", 2)):
            if posix:
                path = os.path.join(os.path.dirname(home), name)
                raw[name] = os.open(path, os.O_WRONLY)
                os.close(keep_open.pop(name))
                os.unlink(path)
            else:
                raw[name] = os.dup(descriptor)
            os.set_inheritable(raw[name], False)
        faulthandler.enable(raw["stderr"])

    def mark(nonce, sign):
        """Only where the client cannot see whether a pipe is empty."""
        if posix:
            return
        data = b"\0octopus:" + nonce.encode("ascii") + sign + b"\0"
        for descriptor in raw.values():
            try:
                os.write(descriptor, data)
            except OSError:
                pass

    def empty_home():
        os.chdir(home)
        for name in os.listdir(home):
            import shutil

            path = os.path.join(home, name)
            if os.path.isdir(path) and not os.path.islink(path):
                shutil.rmtree(path)
            else:
                os.unlink(path)

    def prepare(order):
        """Each execution finds the process as the first one found it, but for the plugin's own module."""
        if not raw:
            open_raw()
        for name, descriptor in (("stdout", 1), ("stderr", 2)):
            os.dup2(raw[name], descriptor, True)
            stream = getattr(sys, name)
            if not isinstance(stream, Stream) or stream.closed:
                stream = streams[name] if not streams[name].closed else Stream(name, descriptor)
                streams[name] = stream
                setattr(sys, name, stream)
                setattr(sys, "__%s__" % name, stream)
        os.umask(0o077)
        environment = dict(base_environment, **order["environment"])
        current = dict(os.environ)
        if current != environment:
            for name in current:
                if name not in environment:
                    del os.environ[name]
            for name, value in environment.items():
                if current.get(name) != value:
                    os.environ[name] = value
        signal.signal(signal.SIGINT, on_interrupt)
        signal.signal(signal.SIGTERM, signal.SIG_DFL)
        if hasattr(signal, "setitimer"):
            signal.setitimer(signal.ITIMER_REAL, 0)
        sys.setrecursionlimit(recursion)
        channel.room = order["outputMax"]
        channel.skipped = 0
        channel.interrupted = False

    def system_threads():
        """Those of C libraries too, which may stay; none where the system does not tell."""
        try:
            return set(os.listdir("/proc/self/task"))
        except OSError:
            return set()

    known_threads = system_threads()

    def let_threads_begin():
        """A thread is counted only once it runs. What never becomes Python's is a library's, and known from then on."""
        for _ in range(THREAD_LOOKS_MAX):
            if _thread._count() > own_threads or not system_threads() - known_threads:
                return
            time.sleep(0.002)
        known_threads.update(system_threads())

    def left_over():
        """Why this process must not be used again, or nothing."""
        let_threads_begin()
        if _thread._count() > own_threads:
            return "threads"
        if posix:
            try:
                while os.waitpid(-1, os.WNOHANG)[0] != 0:
                    pass
                return "children"
            except ChildProcessError:
                pass
            keeper = os.getppid()
            orphans = children_of(keeper, [keeper])
            if orphans and orphans != [os.getpid()]:
                return "children"
        return None

    def execute(order):
        prepare(order)
        mark(order["nonce"], b"+")
        channel.send({"type": "started"})
        result = None
        while result is None:
            try:
                running["now"] = True
                try:
                    result = outcome(order)
                finally:
                    running["now"] = False
            except BaseException as error:
                # The interrupt came in the last moment, outside the plugin's own code.
                order = dict(order, action="")
                result = {"value": None, "kind": "json", "cut": False, "end": "failed", "reason": "exception"}
                result["error"] = failure(error)
        for stream in (sys.stdout, sys.stderr):
            try:
                stream.flush()
            except Exception:
                pass
        for stream in streams.values():
            stream.sink.finish()
        if channel.forked:
            os._exit(0)  # a fork of the plugin came back from run(): only the parent answers
        remains = left_over()
        if plugin.checksum != order["checksum"]:
            remains = remains or "exit"  # its top level did not end: nothing is loaded that another order could call
        try:
            empty_home()
        except OSError:
            remains = remains or "files"
        mark(order["nonce"], b"-")
        channel.send(dict(result, type="result", skipped=channel.skipped, remains=remains))

    def after_fork():
        """A fork of the plugin is not the worker: it has no channel, and writes to the pipes like any child."""
        channel.forked = True
        channel.lock = threading.RLock()
        running["now"] = False
        signal.signal(signal.SIGINT, signal.SIG_DFL)
        for descriptor in [CHANNEL] + list(raw.values()):
            try:
                os.close(descriptor)
            except OSError:
                pass

    # -- begin

    helper = types.ModuleType("octopus", "What a plugin can tell Octopus while it runs.")

    def progress(fraction=None, text=""):
        """Shows how far the execution is: a fraction from 0 to 1, or None when unknown, and a short text."""
        if not channel.forked:
            number = None if fraction is None else min(1.0, max(0.0, float(fraction)))
            channel.send({"type": "progress", "fraction": number, "text": str(text)[:1000]})

    helper.progress = progress
    sys.modules["octopus"] = helper
    sys.path[:] = [path for path in sys.path if os.path.abspath(path or ".") != os.path.dirname(own_file)]
    keep_open = {}
    if posix:
        os.makedirs(os.path.join(os.path.dirname(home), "modules"), 0o700, exist_ok=True)
        for name in ("stdout", "stderr"):
            path = os.path.join(os.path.dirname(home), name)
            os.mkfifo(path, 0o600)
            keep_open[name] = os.open(path, os.O_RDWR)
        os.register_at_fork(after_in_child=after_fork)
    streams = {"stdout": Stream("stdout", 1), "stderr": Stream("stderr", 2)}
    originals = (sys.stdout, sys.stderr)  # kept, so that descriptors 1 and 2 are never closed by their destructors
    if make_keeper is not None:
        import _thread as threads

        make_keeper(threads.interrupt_main)
    own_threads = _thread._count()
    signal.signal(signal.SIGINT, on_interrupt)
    channel.send({"type": "ready", "version": "%d.%d.%d" % sys.version_info[:3]})
    with open(CHANNEL, "rb", closefd=False) as orders:
        while True:
            line = orders.readline()
            if not line:
                break
            execute(json.loads(line))
    del originals


def main():
    os.umask(0o077)
    if not hasattr(os, "fork"):
        work(keep_by_thread)
        return
    close_strangers()
    inherit_mark()
    worker = os.fork()
    if worker != 0:
        try:
            Keeper(worker).run()
        finally:
            os._exit(1)
    os.close(LIFELINE)
    work(None)


if __name__ == "__main__":
    main()
