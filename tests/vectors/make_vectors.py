#!/usr/bin/python3
"""Makes vectors.json: make_vectors.py > vectors.json

Everything in it is computed here, from the words of the FORMAT.md files, with hashlib and the openssl command; the
product's own code then has to agree. The key is made for this one file and thrown away, so a new run gives another file
of the same worth.
"""
import json
import struct
import subprocess
import sys
import tempfile

from read_log import checkpoint_bytes, genesis, link, sha256


def openssl(*arguments, data=b""):
    return subprocess.run(["openssl", *arguments], input=data, stdout=subprocess.PIPE, check=True).stdout


def frames():
    payloads = [b"", b"a", b"\0" * 3, b"x" * 300]
    return {"payloads": [payload.hex() for payload in payloads],
            "wire": b"".join(struct.pack(">I", len(payload)) + payload for payload in payloads).hex()}


def chain(sign):
    log_id = bytes(range(0xA0, 0xB0))
    records, previous = [], genesis(log_id)
    # As protobuf events: time_us alone, time_us and boot_id, nothing at all, and bytes that are no event.
    for sequence, payload in enumerate([b"\x08\x01", b"\x08\x02\x1a\x01b", b"", bytes(range(256))], start=1):
        previous = link(previous, sequence, payload)
        records.append({"sequence": sequence, "payload": payload.hex(), "hash": previous.hex()})
    checkpoints = []
    for sequence, time_us in ((1, 0), (4, 1_790_000_000_000_000), (4, -1)):
        signed = checkpoint_bytes(log_id, sequence, bytes.fromhex(records[sequence - 1]["hash"]), time_us)
        checkpoints.append({"sequence": sequence, "time_us": time_us, "bytes": signed.hex(), "signature": sign(signed)})
    return {"log_id": log_id.hex(), "genesis": genesis(log_id).hex(), "records": records, "checkpoints": checkpoints}


def document(sign):
    content = "mode = \"enforce\"\n# 方針\n".encode()
    signed = b"sekimori document v1\0" + struct.pack(">I", 1) + content
    return {"kind": 1, "document": content.hex(), "signed_bytes": signed.hex(), "signature": sign(signed)}


def main():
    with tempfile.NamedTemporaryFile(suffix=".pem") as key:
        key.write(openssl("genpkey", "-algorithm", "EC", "-pkeyopt", "ec_paramgen_curve:P-256"))
        key.flush()
        public = openssl("pkey", "-in", key.name, "-pubout", "-outform", "DER")

        def sign(message):
            return openssl("dgst", "-sha256", "-sign", key.name, data=message).hex()

        vectors = {"public_key": public.hex(), "key_id": sha256(public).hex(), "frames": frames(), "chain": chain(sign),
                   "document": document(sign)}
    json.dump(vectors, sys.stdout, indent=1)
    print()


if __name__ == "__main__":
    main()
