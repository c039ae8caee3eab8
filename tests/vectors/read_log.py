#!/usr/bin/python3
"""Verifies an audit log without any of the product's code: read_log.py LOG PUBLIC_KEY

Written from proto/chain/FORMAT.md and agent/audit_log/FORMAT.md alone, with Python's standard library and the openssl
command. PUBLIC_KEY is the terminal's SubjectPublicKeyInfo in DER. Exit codes: 0 the log holds, 1 it does not, 2 it could
not be read.
"""
import hashlib
import os
import sqlite3
import struct
import subprocess
import sys
import tempfile

APPLICATION_ID = 0x534B4C47
TABLES = {
    "checkpoints": ["sequence", "time_us", "hash", "signature"],
    "log": ["id", "log_id", "base_sequence", "base_hash", "pruned_at", "head_sequence", "head_hash", "clean_stop"],
    "records": ["sequence", "hash", "payload"],
    "uplink": ["id", "acknowledged"],
}


class Tampered(Exception):
    """The log is not what the terminal wrote."""


def sha256(*parts):
    return hashlib.sha256(b"".join(parts)).digest()


def genesis(log_id):
    return sha256(b"sekimori log v1\0", log_id)


def link(previous, sequence, payload):
    return sha256(b"sekimori record v1\0", previous, struct.pack(">Q", sequence), payload)


def checkpoint_bytes(log_id, sequence, hash_, time_us):
    return b"sekimori checkpoint v1\0" + log_id + struct.pack(">Q", sequence) + hash_ + struct.pack(">q", time_us)


def signature_holds(public_key, message, signature):
    """ECDSA P-256 with SHA-256, by the openssl command."""
    with tempfile.TemporaryDirectory() as folder:
        names = {}
        for name, content in (("message", message), ("signature", signature)):
            names[name] = os.path.join(folder, name)
            with open(names[name], "wb") as file:
                file.write(content)
        done = subprocess.run(
            ["openssl", "dgst", "-sha256", "-keyform", "DER", "-verify", public_key, "-signature", names["signature"],
             names["message"]],
            stdout=subprocess.PIPE, stderr=subprocess.PIPE, check=False)
    return done.returncode == 0 and done.stdout == b"Verified OK\n"


def fields(message):
    """Field number → value of a protobuf message's varint and length-delimited fields (protobuf.dev/programming-guides/encoding)."""
    at = 0

    def varint():
        nonlocal at
        value, shift = 0, 0
        while True:
            byte = message[at]
            at += 1
            value |= (byte & 0x7F) << shift
            shift += 7
            if byte < 0x80:
                return value

    found = {}
    while at < len(message):
        key = varint()
        if key & 7 == 0:
            found[key >> 3] = varint()
        elif key & 7 == 2:
            length = varint()
            found[key >> 3] = message[at:at + length]
            at += length
        else:
            raise Tampered("a record is not an event")
    return found


def tells_of_pruning(payload, first_kept):
    """Whether the record is a RecordsPruned event (field 26) with this first_kept (its field 1)."""
    try:
        pruned = fields(payload).get(26)
        return isinstance(pruned, bytes) and fields(pruned).get(1) == first_kept
    except (IndexError, Tampered):
        return False


def open_log(path):
    # Without a WAL nothing may be made beside the file; with one, its records belong to the log.
    wal = path + "-wal"
    how = "mode=ro" if os.path.exists(wal) and os.path.getsize(wal) > 0 else "immutable=1"
    return sqlite3.connect("file:%s?%s" % (path.replace("%", "%25").replace("?", "%3f"), how), uri=True)


def check_shape(database):
    if database.execute("PRAGMA application_id").fetchone()[0] != APPLICATION_ID:
        raise Tampered("not an audit log")
    if database.execute("PRAGMA user_version").fetchone()[0] != 1:
        raise Tampered("not format 1")
    things = [row[0] for row in database.execute("SELECT name FROM sqlite_schema ORDER BY name")]
    if things != sorted(TABLES):
        raise Tampered("tables are %s" % things)
    for table, columns in TABLES.items():
        found = [row[1] for row in database.execute("PRAGMA table_info(%s)" % table)]
        if found != columns:
            raise Tampered("columns of %s are %s" % (table, found))


def require(condition, words):
    if not condition:
        raise Tampered(words)


def verify(path, public_key):
    """Raises Tampered, or gives (records, checkpoints, records after the last checkpoint)."""
    database = open_log(path)
    database.execute("BEGIN")
    check_shape(database)
    log_id, base_sequence, base_hash, pruned_at, head_sequence, head_hash = database.execute(
        "SELECT log_id, base_sequence, base_hash, pruned_at, head_sequence, head_hash FROM log").fetchone()
    acknowledged = database.execute("SELECT acknowledged FROM uplink").fetchone()[0]
    checkpoints = {row[0]: row[1:] for row in
                   database.execute("SELECT sequence, time_us, hash, signature FROM checkpoints")}
    require(len(log_id) == 16, "the log id is not 16 bytes long")
    require(all(sequence >= base_sequence for sequence in checkpoints), "a checkpoint lies before the first record")
    if base_sequence == 0:
        require(base_hash == genesis(log_id), "the first hash is not that of the log id")
    else:
        require(base_sequence in checkpoints, "records were removed from the front, but no checkpoint signs where")

    signed_up_to = base_sequence
    verified = 0

    def check_checkpoint(sequence, hash_):
        nonlocal signed_up_to, verified
        if sequence not in checkpoints:
            return
        time_us, signed_hash, signature = checkpoints[sequence]
        require(signed_hash == hash_, "checkpoint %d is over another record" % sequence)
        require(signature_holds(public_key, checkpoint_bytes(log_id, sequence, hash_, time_us), signature),
                "checkpoint %d is not signed by this key" % sequence)
        signed_up_to = sequence
        verified += 1

    sequence, previous = base_sequence, base_hash
    check_checkpoint(sequence, previous)
    told = base_sequence == 0
    for found, stored_hash, payload in database.execute("SELECT sequence, hash, payload FROM records ORDER BY sequence"):
        sequence += 1
        require(found == sequence, "record %d is missing; %d stands in its place" % (sequence, found))
        previous = link(previous, sequence, payload)
        require(previous == stored_hash, "record %d does not follow from the one before it" % sequence)
        check_checkpoint(sequence, previous)
        told = told or (sequence == pruned_at and tells_of_pruning(payload, base_sequence + 1))
    require(verified == len(checkpoints), "a checkpoint is over a record that is missing")
    require((sequence, previous) == (head_sequence, head_hash), "the log does not end where it says it does")
    require(acknowledged <= sequence, "the collector has records that are missing here")
    require(told, "records were removed from the front, but no record tells of it")
    return sequence - base_sequence, verified, sequence - signed_up_to


def main(arguments):
    if len(arguments) != 3:
        print(__doc__, file=sys.stderr)
        return 2
    try:
        records, checkpoints, tail = verify(arguments[1], arguments[2])
    except Tampered as error:
        print("%s: %s" % (arguments[1], error), file=sys.stderr)
        return 1
    except (OSError, sqlite3.Error, TypeError) as error:
        print("%s: cannot be read: %s" % (arguments[1], error), file=sys.stderr)
        return 2
    print("%d records hold, %d checkpoints, %d records not signed yet" % (records, checkpoints, tail))
    return 0


if __name__ == "__main__":
    sys.exit(main(sys.argv))
