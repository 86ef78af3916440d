"""Gives moto's server a memory that outlives it.

Python runs a file of this name before moto_server's own script, because its directory stands in PYTHONPATH. Before moto
serves, it reads the file that MANGOO_MOTO_STATE names; `POST /_simulator/save?generation=N` writes moto-N.pickle beside
it. moto keeps everything in "backends", one for each service, account and region: plain objects, but for locks, open
files (S3's objects pickle their content themselves) and, in some services, what cannot be pickled.
"""

import enum
import io
import json
import os
import pickle
import threading
from collections import OrderedDict, defaultdict
from types import BuiltinFunctionType, FunctionType
from urllib.parse import parse_qs

STATE = os.environ.get("MANGOO_MOTO_STATE", "")

# A class may be taken from these; of Python's built-in ones, from BUILTINS only.
MODULES = {"collections", "datetime", "decimal", "ipaddress", "moto", "threading", "uuid", "werkzeug", "zoneinfo", __name__}
BUILTINS = {"bool", "bytearray", "bytes", "dict", "float", "frozenset", "int", "list", "object", "range", "set", "str", "tuple"}
FUNCTIONS = {
    *((__name__, name) for name in ("blank", "fill", "private_key")),
    ("_codecs", "encode"),
    ("_thread", "allocate_lock"),
    ("builtins", "getattr"),
    ("copyreg", "_reconstructor"),
    ("re", "_compile"),
    ("threading", "RLock"),
}


class Refused(Exception):
    """The file is not a state that this moto can take in."""


class Items(dict):
    """What a dictionary of a backend holds beyond a new backend's; the dictionary itself may not be pickled."""


class Saver(pickle.Pickler):
    """Holds backends by their address, so that whatever refers to one finds the live one again."""

    def __init__(self, file):
        super().__init__(file, protocol=4)
        self.addresses = {
            id(backend): (name, account, region)
            for name, accounts in services().items()
            for account, region, backend in list(accounts.iter_backends())
        }

    def persistent_id(self, thing):
        from moto.core.base_backend import AccountSpecificBackend, BackendDict, BaseBackend

        if isinstance(thing, BackendDict):
            return (thing.service_name,)
        if isinstance(thing, AccountSpecificBackend):
            return (thing.service_name, thing.account_id)
        if isinstance(thing, BaseBackend):
            return self.addresses[id(thing)]
        if is_of_aws(thing):
            return ("iam", thing.account_id, thing.partition, thing.arn)
        return None

    def reducer_override(self, thing):
        # What could not be read again is not written.
        if isinstance(thing, (type, FunctionType, BuiltinFunctionType)):
            check(thing)
            return NotImplemented
        for make in (threading.Lock, threading.RLock, threading.Condition):
            if type(thing) is type(make()):
                return make, ()
        # Pickle would ask for the items, of which S3's versioned objects show the newest versions only.
        if isinstance(thing, dict) and type(thing).items not in (dict.items, OrderedDict.items):
            return blank, (type(thing),), (vars(thing), dict(dict.items(thing))), None, None, fill
        # KMS makes one for every key.
        if hasattr(thing, "private_bytes"):
            from cryptography.hazmat.primitives.serialization import Encoding, NoEncryption, PrivateFormat

            return private_key, (thing.private_bytes(Encoding.PEM, PrivateFormat.PKCS8, NoEncryption()),)
        return NotImplemented


class Loader(pickle.Unpickler):
    """Takes nothing but what moto keeps: a pickle can otherwise call whatever it names."""

    def persistent_load(self, address):
        from moto.backends import get_backend

        found = get_backend(address[0])
        for key in address[1:3]:
            found = found[key]
        return found if len(address) < 4 else found.managed_policies[address[3]]

    def find_class(self, module, name):
        if (module, name) == ("builtins", "getattr"):
            return member
        return check(super().find_class(module, name))


def check(found):
    """Refuses what is neither a class of moto's data nor known to be harmless."""
    module, name = getattr(found, "__module__", None) or "", getattr(found, "__qualname__", "")
    if is_of_moto(found) or (module, name) in FUNCTIONS or (module == "builtins" and name in BUILTINS):
        return found
    raise Refused(f"{module}.{name} is not part of what moto keeps")


def member(thing, name):
    """How members of enumerations are pickled, and methods of moto's objects."""
    if isinstance(thing, type) and issubclass(thing, enum.Enum):
        return thing[name]
    if is_of_moto(type(thing)) and not name.startswith("_"):
        return getattr(thing, name)
    raise Refused(f"it asks for {name} of {thing!r}")


def is_of_moto(kind):
    return isinstance(kind, type) and kind.__module__.split(".")[0] in MODULES


def blank(kind):
    return kind.__new__(kind)


def fill(thing, state):
    vars(thing).update(state[0])
    dict.update(thing, state[1])


def private_key(pem):
    from cryptography.hazmat.primitives.serialization import load_pem_private_key

    return load_pem_private_key(pem, None)


def services():
    """Those that were asked for anything, with their accounts and regions."""
    from moto.backends import get_backend
    from moto.core.base_backend import BackendDict

    used = {accounts.service_name: accounts for accounts in list(BackendDict._instances)}
    return {name: accounts for name, accounts in used.items() if get_backend(name) is accounts}


def contents(names):
    backends = [
        (name, account, region, backend)
        for name in names
        for account, region, backend in list(services()[name].iter_backends())
    ]
    return {
        "moto": moto_version(),
        # S3's has the owner of each bucket.
        "services": {name: {k: v for k, v in vars(services()[name]).items() if k not in COMMON} for name in names},
        "backends": [(*address, attributes(backend)) for *address, backend in backends],
        "attached": [
            (policy, policy.attachment_count)
            for *_, backend in backends
            for policy in getattr(backend, "aws_managed_policies", ())
            if policy.attachment_count
        ],
    }


COMMON = {"backend", "service_name", "_use_boto3_regions", "_additional_regions", "_id"}


def attributes(backend):
    kept = dict(vars(backend))
    for key, value in kept.items():
        local = isinstance(getattr(value, "default_factory", None), FunctionType)
        if isinstance(value, defaultdict) and (local or type(value) is not defaultdict):
            kept[key] = Items(value)
    # What moto brings along: over a thousand policies of AWS's, hundreds of its machine images and their snapshots.
    if kept.pop("aws_managed_policies", None):
        policies = kept["managed_policies"].items()
        kept["managed_policies"] = Items((arn, policy) for arn, policy in policies if not is_of_aws(policy))
    if "amis" in kept and "snapshots" in kept:
        of_aws = {id for id, image in kept["amis"].items() if image.owner_id != backend.account_id}
        of_images = {f"Auto-created snapshot for AMI {id}" for id in of_aws}
        kept["amis"] = Items((id, image) for id, image in kept["amis"].items() if id not in of_aws)
        kept["snapshots"] = Items((id, it) for id, it in kept["snapshots"].items() if it.description not in of_images)
    return kept


def is_of_aws(thing):
    return type(thing).__name__ == "AWSManagedPolicy"


class Memory:
    """Around the WSGI application."""

    def __init__(self, application):
        self.application = application
        self.saving = threading.Lock()
        self.tried = set()
        self.left_out = {}
        self.error = None
        self.exists = os.path.exists(STATE)
        if self.exists:
            try:
                self.load()
            except Exception as error:
                self.error = one_line(error)

    def __call__(self, environ, start_response):
        path = environ.get("PATH_INFO")
        if path == "/_simulator/state":
            answer = {"error": self.error}
        elif path == "/_simulator/save" and environ.get("REQUEST_METHOD") == "POST":
            generation = int(parse_qs(environ.get("QUERY_STRING", ""))["generation"][0])
            with self.saving:
                answer = self.save(os.path.join(os.path.dirname(STATE), f"moto-{generation}.pickle"))
        else:
            return self.application(environ, start_response)
        start_response("200 OK", [("Content-Type", "application/json")])
        return [json.dumps(answer).encode()]

    def save(self, file):
        """Writes all services but those that cannot be pickled, and tells of these once."""
        newly = {}
        for name in services():
            if name not in self.tried:
                self.tried.add(name)
                why = why_not(name)
                if why:
                    newly[name] = why
        self.left_out.update(newly)
        while True:
            try:
                with open(file, "wb", opener=lambda path, flags: os.open(path, flags, 0o600)) as out:
                    Saver(out).dump(contents([name for name in services() if name not in self.left_out]))
                    out.flush()
                    os.fsync(out.fileno())
                return {"left_out": newly}
            except Exception as error:
                # The gateway holds requests back, but one that hangs may still change something.
                if "changed size during iteration" in str(error):
                    continue
                found = {name: why_not(name) for name in services() if name not in self.left_out}
                found = {name: why for name, why in found.items() if why}
                if not found:
                    raise
                newly.update(found)
                self.left_out.update(found)

    def load(self):
        from moto.backends import get_backend

        with open(STATE, "rb") as file:
            state = Loader(file).load()
        if state["moto"] != moto_version():
            raise Refused(f"moto {state['moto']} wrote it, and this is {moto_version()}")
        for name, attributes in state["services"].items():
            vars(get_backend(name)).update(attributes)
        for name, account, region, attributes in state["backends"]:
            fresh = vars(get_backend(name)[account][region])
            for key, value in attributes.items():
                if isinstance(value, Items):
                    fresh[key].update(value)
                else:
                    fresh[key] = value
        for policy, count in state["attached"]:
            policy.attachment_count = count


def why_not(name):
    """Why a service cannot be kept: what it holds cannot be pickled, or not be read again."""
    try:
        pickled = io.BytesIO()
        Saver(pickled).dump(contents([name]))
        Loader(io.BytesIO(pickled.getvalue())).load()
        return None
    except Exception as error:
        return one_line(error)


def moto_version():
    import moto

    return moto.__version__


def one_line(error):
    return " ".join(f"{type(error).__name__}: {error}".split())


def remember():
    import moto.server

    run_simple = moto.server.run_simple

    def serve(host, port, application, **options):
        return run_simple(host, port, Memory(application), **options)

    moto.server.run_simple = serve


if STATE:
    remember()
