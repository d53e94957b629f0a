"""Files that users give to the cycle study: what is taken, and every refusal by its message."""

from __future__ import annotations

import io
import json
import os
import pickle
import struct
import subprocess
import sys
import zipfile
from pathlib import Path

import ml_dtypes
import numpy as np
import pytest
from safetensors.numpy import save_file

from tests.results.bitlet_study import files, stimuli, study
from tests.results.bitlet_study.files import LIMIT, StudyError

REPO = Path(__file__).parents[3]
WEIGHTS = np.random.default_rng(1).standard_normal((8, 40)).astype(np.float32)
REMEDY = "save float16, float32, float64 or integers"


class Bomb:
    """Creates a file when it is unpickled."""

    def __init__(self, path):
        self.path = path

    def __reduce__(self):
        return (open, (self.path, "w"))


def refusal(path, bits=8, activations=None):
    """Expect a refusal in one line before anything is studied; return it without the path."""
    with pytest.raises(StudyError) as caught:
        study.inspect(study.user_layers(path, activations), bits)
    message = str(caught.value)
    assert message.isprintable()
    return message.removeprefix(f"{path}: ")


def save(path, **arrays):
    """Write one of the formats."""
    if path.suffix == ".npy":
        np.save(path, *arrays.values())
    elif path.suffix == ".npz":
        np.savez(path, **arrays)
    else:
        save_file({name: np.array(array, order="C") for name, array in arrays.items()}, path)
    return path


def header(descr, shape):
    """Return the head of an `.npy` file without what should follow."""
    head = io.BytesIO()
    np.lib.format.write_array_header_1_0(head, {"descr": descr, "fortran_order": False, "shape": shape})
    return head.getvalue()


def raw_safetensors(path, data=b"", **entries):
    text = json.dumps(entries).encode()
    path.write_bytes(struct.pack("<Q", len(text)) + text + data)
    return path


def cli(folder, *words):
    line = [sys.executable, "-m", "tests.results.bitlet_study", *map(str, words)]
    path = f"{REPO / 'tb'}{os.pathsep}{REPO}"
    environment = os.environ | {"PYTHONPATH": path, "MPLCONFIGDIR": str(folder), "COLUMNS": "120"}
    return subprocess.run(line, cwd=folder, env=environment, capture_output=True, text=True, check=False)


@pytest.mark.parametrize("suffix", [".npy", ".npz", ".safetensors", ".NPZ"])
@pytest.mark.parametrize("dtype", ["f2", "f4", "f8", "i1", "u2", "i8"])
def test_all_formats_read_alike(tmp_path, suffix, dtype):
    weights = (WEIGHTS * 20).astype(dtype) if dtype[0] != "u" else np.abs(WEIGHTS * 20).astype(dtype)
    path = save(tmp_path / f"w{suffix.lower()}", w=weights)
    path = path.rename(path.with_suffix(suffix))
    (tensor,) = files.tensors(path)
    assert (tensor.name, tensor.shape) == ("w", (8, 40))
    assert (files.values(path, tensor) == weights).all()


def test_layouts(tmp_path):
    """Big-endian, column-major and compressed arrays, bfloat16; scalars are left out."""
    np.save(tmp_path / "w.npy", np.asfortranarray(WEIGHTS.astype(">f8")))
    np.savez_compressed(tmp_path / "w.npz", w=WEIGHTS, batches=np.int64(1000))
    save_file({"w": WEIGHTS.astype(ml_dtypes.bfloat16), "batches": np.array(1000)}, tmp_path / "w.safetensors")
    for name in ("w.npy", "w.npz", "w.safetensors"):
        (tensor,) = files.tensors(tmp_path / name)
        found = files.values(tmp_path / name, tensor)
        assert np.allclose(found, WEIGHTS, rtol=2**-8 if "safe" in name else 0)
        assert found.dtype.kind == "f"


def test_several_tensors_in_order(tmp_path):
    path = save(tmp_path / "w.npz", b=WEIGHTS, a=WEIGHTS[0], c=WEIGHTS.reshape(4, 2, 5, 8))
    assert [(tensor.name, tensor.shape) for tensor in files.tensors(path)] == [
        ("b", (8, 40)),
        ("a", (40,)),
        ("c", (4, 2, 5, 8)),
    ]


@pytest.mark.parametrize(
    ("shape", "rows"), [((5,), 1), ((1023,), 1), ((1024,), 16), ((1028,), 4), ((6, 7), 6), ((4, 2, 3, 3), 4)]
)
def test_filters(shape, rows):
    assert files.matrix(np.zeros(shape)).shape == (rows, np.prod(shape) // rows)


def test_path(tmp_path):
    assert refusal(tmp_path / "no.npy") == "no such file; check the path"
    for name in ("w.pt", "w", "w.csv"):
        suffix = Path(name).suffix
        assert refusal(tmp_path / name) == f"unknown extension '{suffix}'; use .npy, .npz or .safetensors"
    for suffix in (".npy", ".npz", ".safetensors"):
        (tmp_path / f"dir{suffix}").mkdir()
        assert refusal(tmp_path / f"dir{suffix}") == "is a directory; name a file"
    os.mkfifo(tmp_path / "pipe.npy")
    assert refusal(tmp_path / "pipe.npy") == "is a device; name a file"


@pytest.mark.parametrize("raw", [b"", b"junk", b"PK\x03\x04junk", b"\x93NUMPY", b"\xff" * 100])
@pytest.mark.parametrize("suffix", [".npy", ".npz", ".safetensors"])
def test_what_is_no_such_file(tmp_path, suffix, raw):
    path = tmp_path / f"w{suffix}"
    path.write_bytes(raw)
    writer = {".npy": "numpy.save", ".npz": "numpy.savez", ".safetensors": "safetensors.numpy.save_file"}
    message = refusal(path)
    assert message.startswith(f"not a readable {suffix} file (")
    assert message.endswith(f"; write it with {writer[suffix]}")


@pytest.mark.parametrize("suffix", [".npy", ".npz", ".safetensors"])
@pytest.mark.parametrize("share", [0.02, 0.2, 0.5, 0.99])
def test_truncated(tmp_path, suffix, share):
    path = save(tmp_path / f"w{suffix}", w=WEIGHTS)
    whole = path.read_bytes()
    path.write_bytes(whole[: int(len(whole) * share)])
    message = refusal(path)
    assert message.startswith(("not a readable", "tensor w is cut off: "))


def test_damaged_archive(tmp_path):
    path = save(tmp_path / "w.npz", w=WEIGHTS)
    whole = path.read_bytes()
    path.write_bytes(whole[:600] + bytes([whole[600] ^ 1]) + whole[601:])
    assert refusal(path) == "not a readable .npz file (Bad CRC-32 for file 'w.npy'); write it with numpy.savez"
    with zipfile.ZipFile(path, "w") as archive:
        archive.writestr("notes.txt", "hello")
    assert refusal(path).startswith("not a readable .npz file (")
    with zipfile.ZipFile(path, "w"):
        pass
    assert refusal(path) == "holds no weights; save at least one array with one axis or more"


def test_pickles_execute_nothing(tmp_path):
    fired = tmp_path / "fired"
    bomb = np.array([Bomb(str(fired))], dtype=object)
    for suffix in (".npy", ".npz"):
        path = tmp_path / f"w{suffix}"
        (np.save if suffix == ".npy" else np.savez)(path, bomb, allow_pickle=True)
        name = "w" if suffix == ".npy" else "arr_0"
        assert refusal(path) == f"tensor {name} holds pickled Python objects; {REMEDY}"
    for suffix in (".npy", ".npz", ".safetensors"):
        (tmp_path / f"w{suffix}").write_bytes(pickle.dumps(Bomb(str(fired))))
        assert refusal(tmp_path / f"w{suffix}").startswith(f"not a readable {suffix} file (")
    assert not fired.exists()


@pytest.mark.parametrize(
    ("array", "kind"),
    [
        (np.array([1 + 2j]), "complex128"),
        (np.array(["text"]), "<U4"),
        (np.array([True]), "bool"),
        (np.array([0], "datetime64[s]"), "datetime64[s]"),
        (np.zeros(2, "f4,i4"), "[('f0', '<f4'), ('f1', '<i4')]"),
        (np.zeros(2, np.longdouble), "float128"),
    ],
)
@pytest.mark.parametrize("suffix", [".npy", ".npz"])
def test_wrong_types(tmp_path, suffix, array, kind):
    assert refusal(save(tmp_path / f"w{suffix}", w=array)) == f"tensor w is {kind}; {REMEDY}"


@pytest.mark.parametrize(("kind", "size"), [("BOOL", 1), ("C64", 8), ("F8_E4M3", 1)])
def test_wrong_types_of_safetensors(tmp_path, kind, size):
    path = raw_safetensors(
        tmp_path / "w.safetensors", bytes(size), w={"dtype": kind, "shape": [1], "data_offsets": [0, size]}
    )
    assert refusal(path) == f"tensor w is {kind}; {REMEDY}, or bfloat16"


@pytest.mark.parametrize("value", [np.nan, np.inf, -np.inf])
@pytest.mark.parametrize("suffix", [".npy", ".npz", ".safetensors"])
def test_nan_and_infinity(tmp_path, suffix, value):
    weights = WEIGHTS.copy()
    weights[3, 7] = value
    message = "tensor w holds NaN or infinity at [3, 7]; give finite numbers"
    assert refusal(save(tmp_path / f"w{suffix}", w=weights)) == message


@pytest.mark.parametrize("suffix", [".npy", ".npz", ".safetensors"])
def test_empty(tmp_path, suffix):
    message = "tensor w is empty; leave it out, or save at least one weight"
    assert refusal(save(tmp_path / f"w{suffix}", w=np.zeros((3, 0), np.float32))) == message
    path = save(tmp_path / f"s{suffix}", w=np.array(1.0))
    assert refusal(path) == "holds no weights; save at least one array with one axis or more"


def test_claims_of_size(tmp_path):
    path = tmp_path / "w.npy"
    path.write_bytes(header("<f4", (1 << 58,)))
    assert refusal(path) == f"tensor w is cut off: 0 of {1 << 60} bytes are there; save it again"
    path.write_bytes(header("<f4", (-4,)) + bytes(16))
    assert refusal(path) == "tensor w is empty; leave it out, or save at least one weight"
    with path.open("wb") as file:  # a hole takes no place on the disk
        file.write(header("<f4", (1 << 30,)))
        file.truncate(file.tell() + (1 << 32))
    assert refusal(path) == f"tensor w takes {1 << 32} bytes, more than {LIMIT}; save it in parts"
    bomb = tmp_path / "w.npz"
    with zipfile.ZipFile(bomb, "w", zipfile.ZIP_DEFLATED) as archive:
        archive.writestr("w.npy", header("<f4", (1 << 58,)) + bytes(1 << 20))
    assert refusal(bomb) == f"tensor w is cut off: {1 << 20} of {1 << 60} bytes are there; save it again"


def test_an_evil_name_stays_on_one_line(tmp_path):
    path = tmp_path / "w.safetensors"
    raw_safetensors(path, bytes(1), **{"a\nb\x1b[31m": {"dtype": "BOOL", "shape": [1], "data_offsets": [0, 1]}})
    assert refusal(path) == f"tensor a\\nb\\x1b[31m is BOOL; {REMEDY}, or bfloat16"


def test_integers_that_do_not_fit(tmp_path):
    path = save(tmp_path / "w.npz", w=np.array([[3, -300]]))
    assert refusal(path) == "tensor w holds 300, which takes 9 bits; raise BITS to 9, or scale the integers down"
    assert refusal(save(path, w=np.array([2**63])), 24) == (
        "tensor w holds 9223372036854775808, which takes 64 bits; scale the integers down"
    )
    assert refusal(save(path, w=np.array([1 << 24])), None).startswith("tensor w holds 16777216, which takes 25 bits")
    message = "tensor w holds 1e+300, beyond float32; scale it down, or name BITS of 1 to 24"
    assert refusal(save(path, w=np.array([1e300])), None) == message
    study.inspect(study.user_layers(path, None), 8)


@pytest.mark.parametrize("text", ["0", "25", "-1", "33", "", "8.0", "eight", "9" * 5000, "\n8", "²"])
def test_bits_out_of_range(text):
    with pytest.raises(
        StudyError, match=r"^BITS=[ -~²]*: give 1 to 24 bits of magnitude, or 32 \(float\) for float32$"
    ):
        study.precision(text)


def test_bits():
    assert [study.precision(text) for text in ("1", "24", "32", "float", "FLOAT32")] == [1, 24, None, None, None]


def test_activations(tmp_path):
    weights = save(tmp_path / "w.npz", a=WEIGHTS, b=WEIGHTS[:, :9])
    named = save(tmp_path / "a.npz", a=np.arange(80).reshape(2, 40), b=np.ones((3, 9)), unused=np.ones(3))
    found = study.run("t", study.user_layers(weights, named), 8)
    assert found.activations == {"a": "2 windows of integers of 7 bits", "b": "3 windows of real numbers"}
    assert found.rows["a"].average["Stripes"] == 7
    assert found.rows["b"].average["Stripes"] == 8  # quantised: full scale
    one = save(tmp_path / "one.npy", a=np.arange(200))
    found = study.run("t", study.user_layers(weights, one), 8)
    assert set(found.activations.values()) == {"64 windows of integers of 8 bits, drawn from 200, seed 1"}
    wrong = save(tmp_path / "wrong.npz", a=WEIGHTS, q=WEIGHTS)
    message = f"{wrong}: no activations for tensor b; give it, or a single array"
    assert refusal(weights, activations=wrong) == message
    message = "the activations hold 199, which takes 8 bits; raise BITS to 8, or scale the integers down"
    assert refusal(weights, 7, one) == message
    with pytest.raises(StudyError, match=r"nan\.npy: tensor nan holds NaN or infinity at \[0\]; give finite numbers$"):
        study.inspect(study.user_layers(weights, save(tmp_path / "nan.npy", a=np.array([np.nan]))), 8)


def test_windows_are_chosen_evenly():
    given = np.repeat(np.arange(5000)[:, None], 3, axis=1)
    found = stimuli.source(given, 3, 16)
    assert found.windows == stimuli.MOST
    assert found.columns(0, 3)[[0, -1], 0].tolist() == [0, 4999]


def test_the_digits_network_is_the_committed_one():
    """Its float weights, quantised as tests/data/digits_network.py does, are the integers of the RTL's network."""
    tensors = {tensor.name: files.values(study.DIGITS, tensor) for tensor in files.tensors(study.DIGITS)}
    integers = np.loadtxt(study.DIGITS.with_name("digits_network_1.csv"), delimiter=",", skiprows=1)
    scale = 127 / max(abs(tensors["hidden.weight"]).max(), 2 * abs(tensors["hidden.bias"]).max())
    assert np.abs(tensors["hidden.weight"] * scale - integers[:, :-1]).max() < 0.5001
    found = study.run("digits", study.digits_layers(8), 8)
    assert found.shapes == {"hidden": (32, 64), "output": (10, 32)}
    assert found.rows["hidden"].average["Stripes"] == 5  # pixels are 0 to 16
    assert found.total.bound < found.total.per_64["Bitlet N = 64"] < 32


def test_a_good_file_on_the_command_line(tmp_path):
    path = save(tmp_path / "w[b]$é漢.safetensors", **{"[red]conv": WEIGHTS.reshape(8, 2, 4, 5), "fc": WEIGHTS})
    done = cli(tmp_path, "--weights", path, "--bits", "6")
    assert (done.returncode, done.stderr) == (0, "")
    for words in (
        "w[b]$é漢.safetensors, 6 bits",
        "[red]conv",
        "8x2x4x5",
        "bit-parallel",
        "as published",
        "against one",
    ):
        assert words in done.stdout
    assert "Eyeriss" in done.stdout
    folder = tmp_path / "build" / "bitlet-study"
    assert {file.name for file in folder.iterdir()} == {"w[b]$é漢-6.svg", "w[b]$é漢-6.png", "study.json"}
    assert (folder / "w[b]$é漢-6.png").read_bytes().startswith(b"\x89PNG")
    (record,) = json.loads((folder / "study.json").read_text())
    assert record["bits"] == 6
    assert record["total"]["weights"] == 640
    assert set(record["rows"]) == {"[red]conv", "fc"}


@pytest.mark.parametrize("suffix", [".npy", ".npz"])
def test_float32_on_the_command_line(tmp_path, suffix):
    done = cli(tmp_path, "--weights", save(tmp_path / f"w{suffix}", w=WEIGHTS), "--bits", "float")
    assert (done.returncode, done.stderr) == (0, "")
    assert "EA equal" in done.stdout
    assert "Laconic" not in done.stdout.partition("Published")[0].partition("Stripes, Pragmatic and Laconic")[0]


@pytest.mark.parametrize(
    ("words", "line"),
    [
        (("--weights", "no.npy"), "error: no.npy: no such file; check the path"),
        (("--bits", "25"), "error: BITS=25: give 1 to 24 bits of magnitude, or 32 (float) for float32"),
        (
            ("--activations", "a.npy"),
            "error: ACTIVATIONS belong to WEIGHTS: give both; the digits network brings its own",
        ),
        (("--weights", "object.npy"), f"error: object.npy: tensor object holds pickled Python objects; {REMEDY}"),
    ],
)
def test_refused_in_one_line_with_status_2(tmp_path, words, line):
    np.save(tmp_path / "object.npy", np.array([None]), allow_pickle=True)
    done = cli(tmp_path, *words)
    assert (done.returncode, done.stdout, done.stderr) == (2, "", line + "\n")
    assert not (tmp_path / "build").exists()
