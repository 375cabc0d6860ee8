"""Where official files are to be had, and the checksums that their authors, or their repositories, give."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from types import MappingProxyType
from typing import final

from awnas_gym.errors import UnknownNameError


@final
@dataclass(frozen=True, slots=True, kw_only=True)
class Download:
    """One file.

    Attributes:
        importer: the row of `IMPORTERS` that reads it.
        file: what it is called; a `.tar` is unpacked, and the folder in it imported.
        page: where a person finds it.
        url: where a program can fetch it; None where only a person can.
        sha256: of the file, in hexadecimal digits; None where nobody says.
        megabytes: about how large it is; None where nobody says.
    """

    importer: str
    file: str
    page: str
    url: str | None = None
    sha256: str | None = None
    megabytes: int | None = None

    @property
    def imported(self) -> str:
        """What `awnas data import` takes: the file, or the folder in it."""
        return self.file.removesuffix(".tar")


_GITHUB, _DRIVE = "https://github.com", "https://drive.google.com/file/d"
_FOLDER = "https://drive.google.com/drive/folders"
_RAW = "https://raw.githubusercontent.com"

_NLP = "fmsnew/nas-bench-nlp-release"


def _nasbench_nlp(folder: str, sha256: str | None = None, megabytes: int | None = None) -> Download:
    """Return an archive of logs; all have one name, so they keep their folders."""
    return Download(
        importer="nasbench-nlp",
        file=f"{folder}/logs.zip",
        page=f"{_GITHUB}/{_NLP}",
        url=f"{_RAW}/{_NLP}/a6d90a3b19e3966b1d009c0970b3761aa46707d1/{folder}/logs.zip",
        sha256=sha256,
        megabytes=megabytes,
    )


DOWNLOADS: Mapping[str, Download] = MappingProxyType(
    {
        "nasbench101": Download(
            importer="nasbench101",
            file="nasbench_only108.tfrecord",
            page=f"{_GITHUB}/google-research/nasbench",
            url="https://storage.googleapis.com/nasbench/nasbench_only108.tfrecord",
            sha256="4c39c3936e36a85269881d659e44e61a245babcb72cb374eacacf75d0e5f4fd1",
            megabytes=499,
        ),
        "nasbench101-full": Download(
            importer="nasbench101",
            file="nasbench_full.tfrecord",
            page=f"{_GITHUB}/google-research/nasbench",
            url="https://storage.googleapis.com/nasbench/nasbench_full.tfrecord",
            sha256="3d64db8180fb1b0207212f9032205064312b6907a3bbc81eabea10db2f5c7e9c",
            megabytes=1950,
        ),
        "nats-tss": Download(
            importer="nats-tss",
            file="NATS-tss-v1_0-3ffb9-simple.tar",
            page=f"{_DRIVE}/17_saCsj_krKjlCBLOJEpNtzPXArMCqxU (from {_GITHUB}/D-X-Y/NATS-Bench)",
        ),
        "nats-sss": Download(
            importer="nats-sss",
            file="NATS-sss-v1_0-50262-simple.tar",
            page=f"{_DRIVE}/1scOMTUwcQhAMa_IMedp9lTzwmgqHLGgA (from {_GITHUB}/D-X-Y/NATS-Bench)",
        ),
        "nasbench201": Download(
            importer="nasbench201",
            file="NAS-Bench-201-v1_1-096897.pth",
            page=f"{_DRIVE}/16Y0UwGisiouVRxW-W5hEtbxmcHw_0hF_ (from {_GITHUB}/D-X-Y/NAS-Bench-201)",
        ),
        "hw-nas-bench": Download(
            importer="hw-nas-bench",
            file="HW-NAS-Bench-v1_0.pickle",
            page=f"{_GITHUB}/GATECH-EIC/HW-NAS-Bench",
            url=f"{_RAW}/GATECH-EIC/HW-NAS-Bench/393bb8a02554dcd28e091fbbdb4d7aefe590018a/HW-NAS-Bench-v1_0.pickle",
        ),
        "nasbench-macro": Download(
            importer="nasbench-macro",
            file="nas-bench-macro_cifar10.json",
            page=f"{_GITHUB}/xiusu/NAS-Bench-Macro",
            url=(
                f"{_RAW}/xiusu/NAS-Bench-Macro/61a2bfc2ca0dce04d0997e6cf498047c27d6acf2/"
                "data/nas-bench-macro_cifar10.json"
            ),
            sha256="686dee8363cc21cca8c1f321ad5749454f2d9b9ca5972682e137e539bc522297",
            megabytes=1,
        ),
        "transnas": Download(
            importer="transnas",
            file="transnas-bench_v10141024.pth",
            page=f"{_FOLDER}/1HlLr2ihZX_ZuV3lJX_4i7q4w-ZBdhJ6o (from {_GITHUB}/yawen-d/TransNASBench)",
        ),
        "nasbench-asr": Download(
            importer="nasbench-asr", file="nb-asr-e40-1234.pickle", page=f"{_GITHUB}/SamsungLabs/nb-asr/releases"
        ),
        "nasbench-nlp": _nasbench_nlp(
            "train_logs_wikitext-2",
            sha256="f5052d6bea6398001e32c986322a243e8cdedffa906caf242eb0a62ee105aa12",
            megabytes=1,
        ),
        "nasbench-nlp-ptb": _nasbench_nlp("train_logs_single_run"),
        "nasbench-nlp-ptb-multi": _nasbench_nlp("train_logs_multi_runs"),
    }
)
"""By the name that `awnas data get` takes."""


def find_download(name: str) -> Download:
    """Return a row of `DOWNLOADS`; `UnknownNameError` with the nearest guess."""
    if name not in DOWNLOADS:
        raise UnknownNameError("download", name, DOWNLOADS)
    return DOWNLOADS[name]
