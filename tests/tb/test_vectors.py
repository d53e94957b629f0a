"""The user's own transactions: both layouts, every refusal by its exact message, and nothing half-written."""

from __future__ import annotations

import io
import pickle
import re
import zipfile

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from ulpwise.data import vectors
from ulpwise.data.formats import Float32, Format, Signed, SignedDigits, Unsigned
from ulpwise.data.vectors import VectorsError

CALM = settings(deadline=None, derandomize=True, max_examples=30)
FIELDS: dict[str, Format] = {
    "x": SignedDigits(2, (2,)),
    "w": Signed(8, (3,)),
    "u": Unsigned(64, (2,)),
    "f": Float32(),
}
ONE: dict[str, Format] = {"gain": Unsigned(8)}


def draw(fields: dict[str, Format], rows: int, seed: int = 0) -> dict[str, np.ndarray]:
    rng = np.random.default_rng(seed)
    return {name: field.random(rng, rows) for name, field in fields.items()}


def refusal(path, fields=ONE):
    with pytest.raises(VectorsError) as caught:
        vectors.load(path, fields)
    message = str(caught.value)
    assert "\n" not in message
    assert message.startswith(f"{path}: ")
    return message.removeprefix(f"{path}: ")


def csv_refusal(tmp_path, text, fields=ONE):
    path = tmp_path / "v.csv"
    path.write_bytes(text if isinstance(text, bytes) else text.encode())
    return refusal(path, fields)


def npz_refusal(tmp_path, fields=ONE, **arrays):
    path = tmp_path / "v.npz"
    np.savez(path, **arrays)
    return refusal(path, fields)


@pytest.mark.parametrize("suffix", [".npz", ".csv", ".NPZ"])
@given(seed=st.integers(0, 2**32 - 1), rows=st.integers(1, 6))
@CALM
def test_round_trip(tmp_path_factory, suffix, seed, rows):
    path = tmp_path_factory.mktemp("vectors") / f"v{suffix}"
    batch = draw(FIELDS, rows, seed)
    vectors.save(path, batch)
    back = vectors.load(path, FIELDS)
    assert list(back) == list(FIELDS)
    for name, field in FIELDS.items():
        assert back[name].dtype == field.dtype
        assert back[name].shape == batch[name].shape
        assert field.equal(back[name], batch[name]).all()


def test_every_shortest_float_reads_back(tmp_path):
    field = {"f": Float32()}
    batch = draw(field, 100_000)
    vectors.save(tmp_path / "f.csv", batch)
    assert Float32().equal(vectors.load(tmp_path / "f.csv", field)["f"], batch["f"]).all()


def test_csv_layout(tmp_path):
    path = tmp_path / "v.csv"
    vectors.save(path, {"a": np.array([1, 2]), "x": np.array([[[1, -1]], [[0, 1]]]), "f": np.float32([0.1, -0.0])})
    assert path.read_text() == "a,x[0][0],x[0][1],f\n1,1,-1,0.1\n2,0,1,-0.0\n"


def test_csv_as_people_write_it(tmp_path):
    path = tmp_path / "v.csv"
    path.write_bytes(b"\xef\xbb\xbf w[1] , w[0]\r\n 0x1f ,-1\r\n\r\n2,3\r\n")
    assert vectors.load(path, {"w": Signed(8, (2,))})["w"].tolist() == [[-1, 31], [3, 2]]


def test_unsigned_64_keeps_every_bit_beside_small_values(tmp_path):
    path = tmp_path / "v.csv"
    path.write_text("u[0],u[1]\n18446744073709551615,1\n")
    assert vectors.load(path, {"u": Unsigned(64, (2,))})["u"].tolist() == [[2**64 - 1, 1]]


def test_npz_takes_other_integer_types_and_byte_orders(tmp_path):
    path = tmp_path / "v.npz"
    np.savez_compressed(path, gain=np.array([1, 255], dtype=">u2"))
    loaded = vectors.load(path, ONE)["gain"]
    assert loaded.tolist() == [1, 255]
    assert loaded.dtype == np.int64


def test_same_data_gives_the_same_bytes(tmp_path):
    batch = draw(FIELDS, 3)
    for suffix in (".npz", ".csv"):
        for name in ("a", "b"):
            vectors.save(tmp_path / f"{name}{suffix}", batch)
        assert (tmp_path / f"a{suffix}").read_bytes() == (tmp_path / f"b{suffix}").read_bytes()
    with zipfile.ZipFile(tmp_path / "a.npz") as archive:
        assert {info.date_time for info in archive.infolist()} == {(1980, 1, 1, 0, 0, 0)}
    with np.load(tmp_path / "a.npz", allow_pickle=False) as archive:
        assert archive.files == list(batch)


def test_missing_file_directory_and_extension(tmp_path):
    assert refusal(tmp_path / "no.csv") == "no such file; check the path"
    assert refusal(tmp_path / "v.txt") == "unknown extension '.txt'; use .npz or .csv"
    (tmp_path / "dir.npz").mkdir()
    assert refusal(tmp_path / "dir.npz") == "cannot be read: Is a directory"


@pytest.mark.parametrize("raw", [b"", b"PK\x03\x04junk", b"\x93NUMPY no zip", b"gain\n1\n"])
def test_what_is_no_archive(tmp_path, raw):
    (tmp_path / "v.npz").write_bytes(raw)
    expected = "not a readable .npz archive (File is not a zip file); write it with numpy.savez"
    assert refusal(tmp_path / "v.npz") == expected


def test_truncated_and_damaged_archives(tmp_path):
    path = tmp_path / "v.npz"
    np.savez(path, gain=np.arange(100))
    whole = path.read_bytes()
    path.write_bytes(whole[: len(whole) // 2])
    assert refusal(path) == "not a readable .npz archive (File is not a zip file); write it with numpy.savez"
    path.write_bytes(whole[:300] + bytes([whole[300] ^ 1]) + whole[301:])
    assert refusal(path) == "not a readable .npz archive (Bad CRC-32 for file 'gain.npy'); write it with numpy.savez"
    with zipfile.ZipFile(path, "w") as archive:
        archive.writestr("gain.npy", b"not an array")
    assert refusal(path) == "column gain is not a readable array; write it with numpy.savez"


def test_an_archive_that_claims_too_much_memory(tmp_path):
    member = io.BytesIO()
    header = {"descr": "<i8", "fortran_order": False, "shape": (1 << 58,)}
    np.lib.format.write_array_header_1_0(member, header)
    with zipfile.ZipFile(tmp_path / "v.npz", "w") as archive:
        archive.writestr("gain.npy", member.getvalue())
    assert refusal(tmp_path / "v.npz") == "column gain is not a readable array; write it with numpy.savez"


class Bomb:
    """Creates a file when it is unpickled."""

    def __init__(self, path):
        self.path = path

    def __reduce__(self):
        return (open, (self.path, "w"))


def test_a_pickle_executes_nothing(tmp_path):
    fired = tmp_path / "fired"
    message = npz_refusal(tmp_path, gain=np.array([Bomb(str(fired))], dtype=object))
    assert message == "column gain holds pickled Python objects; save it as an array of numbers"
    (tmp_path / "v.npz").write_bytes(pickle.dumps(Bomb(str(fired))))
    assert refusal(tmp_path / "v.npz").startswith("not a readable .npz archive")
    assert not fired.exists()


def test_wrong_columns(tmp_path):
    one = np.arange(3)
    assert npz_refusal(tmp_path, gian=one) == "unknown column 'gian'; did you mean 'gain'?"
    assert npz_refusal(tmp_path, gain=one, q=one) == "unknown column 'q'; the columns are gain"
    fields = {"gain": Unsigned(8), "x": Signed(8, (2,))}
    assert npz_refusal(tmp_path, fields, gain=one) == "column 'x' is missing; the columns are gain, x"
    assert csv_refusal(tmp_path, "gain,x[0]\n1,2\n", fields) == (
        "column 'x[1]' is missing; the columns are gain, x[0], x[1]"
    )
    assert csv_refusal(tmp_path, "gain,x\n1,2\n", fields) == "unknown column 'x'; the columns are gain, x[0], x[1]"
    assert csv_refusal(tmp_path, "gain,gain\n1,2\n") == "column 'gain' occurs twice; name each column once"


def test_an_evil_column_name_stays_on_one_line(tmp_path):
    assert csv_refusal(tmp_path, '"a\nb"\n1\n') == "unknown column 'a\\nb'; the columns are gain"


def test_wrong_numbers_of_rows(tmp_path):
    fields = {"a": Unsigned(8), "b": Unsigned(8)}
    message = npz_refusal(tmp_path, fields, a=np.arange(3), b=np.arange(4))
    assert message == "column b has 4 rows and a 3; give each one row a transaction"
    assert npz_refusal(tmp_path, gain=np.arange(0)) == "no rows; give at least one transaction"
    assert csv_refusal(tmp_path, "gain\n") == "no rows; give at least one transaction"
    assert csv_refusal(tmp_path, "") == "no header row; name the columns in the first line"
    message = csv_refusal(tmp_path, "a,b\n1,2\n3\n", fields)
    assert message == "row 1 has 1 cells and the header 2; give one a column"


def test_wrong_values(tmp_path):
    assert npz_refusal(tmp_path, gain=np.array([1, 256])) == "column gain, row 1: 256 is out of range 0..255"
    assert csv_refusal(tmp_path, "gain\n1\n-1\n") == "column gain, row 1: -1 is out of range 0..255"
    fields = {"w": Signed(8, (2,))}
    assert csv_refusal(tmp_path, "w[0],w[1]\n0,128\n", fields) == "column w[1], row 0: 128 is out of range -128..127"
    huge = "9" * 30
    assert csv_refusal(tmp_path, f"gain\n0\n{huge}\n") == f"column gain, row 1: {huge} is out of range 0..255"
    assert csv_refusal(tmp_path, "u\n-1\n", {"u": Unsigned(64)}) == (
        "column u, row 0: -1 is out of range 0..18446744073709551615"
    )


def test_wrong_shapes(tmp_path):
    assert npz_refusal(tmp_path, gain=np.zeros((2, 3), int)) == "column gain: expected rows of shape (), got (3,)"
    assert npz_refusal(tmp_path, gain=np.int64(3)) == "column gain: expected one row a transaction, got a single value"


def test_wrong_types(tmp_path):
    message = "column gain: expected integers, got float64; convert it with .astype(numpy.int64)"
    assert npz_refusal(tmp_path, gain=np.array([1.0])) == message
    message = "column gain: expected integers, got <U1; convert it with .astype(numpy.int64)"
    assert npz_refusal(tmp_path, gain=np.array(["1"])) == message
    message = "column f: expected float32, got float64; convert it with .astype(numpy.float32)"
    assert npz_refusal(tmp_path, {"f": Float32()}, f=np.array([0.5])) == message


@pytest.mark.parametrize("cell", ["", "1.0", "one", "0b2", "007", "nan", "1e3"])
def test_cells_that_are_no_integers(tmp_path, cell):
    message = csv_refusal(tmp_path, f'gain\n1\n"{cell}"\n')
    assert message == f"column gain, row 1: '{cell}' is no integer; write it like -12 or 0x1f"


def test_cells_that_are_no_float32(tmp_path):
    fields = {"f": Float32()}
    message = csv_refusal(tmp_path, "f\n1\n0x1f\n", fields)
    assert message == "column f, row 1: '0x1f' is no number; write it like -1.5e-3"
    assert csv_refusal(tmp_path, "f\n1e39\n", fields) == "column f, row 0: 1e39 is out of the range of float32"


@pytest.mark.parametrize("value", [np.nan, np.inf, -np.inf])
def test_nan_and_infinity(tmp_path, value):
    expected = "row 1: NaN and infinity are refused; give finite numbers"
    floats = np.array([[0, 0], [0, value]], dtype=np.float32)
    assert npz_refusal(tmp_path, {"f": Float32((2,))}, f=floats) == f"column f[1], {expected}"
    assert npz_refusal(tmp_path, gain=np.array([0, value])) == f"column gain, {expected}"
    assert csv_refusal(tmp_path, f"f\n1\n{value}\n", {"f": Float32()}) == f"column f, {expected}"


def test_what_a_core_gave_is_written_whatever_it_is(tmp_path):
    fields = {"x": SignedDigits(2), "f": Float32(), "u": Unsigned(2)}
    given = {"x": np.int8([[1, 2]]), "f": np.float32([np.nan]), "u": np.array([3])}  # 2: the illegal code of a digit
    vectors.save(tmp_path / "v.npz", given)
    vectors.save(tmp_path / "v.csv", vectors.load(tmp_path / "v.npz", fields, strict=False), fields)
    assert (tmp_path / "v.csv").read_text() == "x[0],x[1],f,u\n1,2,nan,3\n"
    refusal(tmp_path / "v.npz", fields)


def test_text_that_is_no_table(tmp_path):
    assert csv_refusal(tmp_path, b"gain\n\xff\n") == "byte 5 is not UTF-8; save the table as UTF-8"
    message = csv_refusal(tmp_path, "gain\n" + "1" * 200_000 + "\n")
    assert message == "not a readable table (field larger than field limit (131072)); separate cells by commas"
    message = csv_refusal(tmp_path, "gain\n" + "1" * 5000 + "\n")
    assert message == f"column gain, row 0: '{'1' * 40}' is no integer; write it like -12 or 0x1f"


@pytest.mark.parametrize(
    ("name", "batch", "message"),
    [
        ("v.txt", {"a": np.arange(2)}, "unknown extension '.txt'; use .npz or .csv"),
        ("no/v.npz", {"a": np.arange(2)}, "no directory '{parent}'; create it first"),
        ("v.npz", {"a": np.array([None])}, "column a is no array of numbers, but object (1,)"),
        ("v.csv", {"a": np.array(["text"])}, "column a is no array of numbers, but <U4 (1,)"),
        ("v.csv", {"a": np.int64(3)}, "column a is no array of numbers, but int64 ()"),
        (
            "v.csv",
            {"a": np.arange(2), "b": np.arange(3)},
            "column b has 3 rows and a 2; give each one row a transaction",
        ),
        ("v.npz", {}, "nothing to write: no columns"),
    ],
)
def test_save_refuses(tmp_path, name, batch, message):
    path = tmp_path / name
    expected = f"{path}: {message.format(parent=path.parent)}"
    with pytest.raises(VectorsError, match=f"^{re.escape(expected)}$"):
        vectors.save(path, batch)
    assert list(tmp_path.iterdir()) == []


def test_a_failed_save_leaves_what_was_there(tmp_path, monkeypatch):
    path = tmp_path / "v.csv"
    vectors.save(path, {"a": np.arange(2)})
    before = path.read_bytes()

    def full_disk(*_):
        raise OSError(28, "No space left on device")

    monkeypatch.setattr("pathlib.Path.replace", full_disk)
    with pytest.raises(VectorsError, match=r"v\.csv: cannot be written: No space left on device$"):
        vectors.save(path, {"a": np.arange(3)})
    assert path.read_bytes() == before
    assert [item.name for item in tmp_path.iterdir()] == ["v.csv"]
