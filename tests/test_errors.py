"""Errors say what was given, what is legal and what to do."""

from __future__ import annotations

import importlib
import inspect
import pickle

import pytest

from awnas_gym import errors


def test_unknown_names_get_the_nearest_guess_and_the_sorted_list() -> None:
    error = errors.UnknownNameError("search space", "nasbench20", ["nasbench201", "darts"])
    assert str(error) == "No search space named 'nasbench20'. Did you mean 'nasbench201'? Known: darts, nasbench201."


def test_no_guess_where_nothing_is_near() -> None:
    assert errors.unknown("agent", "xyzzy", ["random"]) == "No agent named 'xyzzy'. Known: random."


def test_of_very_many_names_some_are_listed() -> None:
    names = [f"{n:04d}" for n in range(2000)]
    assert errors.unknown("job", "0999x", names) == (
        "No job named '0999x'. Did you mean '0999'? Known: 0000, 0001, 0002, 0003, 0004, … (2,000 in all)."
    )


def test_an_empty_table_says_so() -> None:
    assert errors.unknown("agent", "random", []) == "No agent named 'random'. Known: none."


def test_a_name_that_is_no_string_is_still_answered() -> None:
    assert errors.unknown("metric", 3, ["params"]).startswith("No metric named '3'.")


@pytest.mark.parametrize(
    "error", [errors.UnknownNameError("agent", "x", ["y"]), errors.MissingExtraError("torch", "torch")], ids=str
)
def test_errors_travel_between_processes(error: Exception) -> None:
    again = pickle.loads(pickle.dumps(error))  # noqa: S301 - our own bytes
    assert (type(again), str(again)) == (type(error), str(error))


def test_a_missing_extra_names_the_command() -> None:
    message = str(errors.MissingExtraError("torch", "torch"))
    assert message == "torch is not installed; pip install 'awnas-gym[torch]' (in a clone: '.[torch]')"


@pytest.mark.parametrize(
    ("error", "builtin"),
    [
        (errors.UnknownNameError, ValueError),
        (errors.IllegalArchitectureError, ValueError),
        (errors.GenotypeError, ValueError),
        (errors.SettingError, ValueError),
        (errors.MissingMetricError, ValueError),
        (errors.TableFileError, ValueError),
        (errors.DataFileError, ValueError),
        (errors.MissingDataError, FileNotFoundError),
        (errors.DownloadError, OSError),
        (errors.MissingExtraError, ImportError),
        (errors.PluginError, ImportError),
        (errors.RunFolderError, OSError),
        (errors.AgentError, ValueError),
    ],
)
def test_each_error_is_also_the_builtin_that_callers_expect(error: type[Exception], builtin: type[Exception]) -> None:
    assert issubclass(error, builtin)


def test_one_root_catches_all() -> None:
    classes = [c for _, c in inspect.getmembers(errors, inspect.isclass) if c.__module__ == errors.__name__]
    assert len(classes) > 10
    assert all(issubclass(c, errors.AwnasError) for c in classes if not issubclass(c, Warning))


def test_an_error_in_one_line_says_where_it_was_raised() -> None:
    with pytest.raises(ValueError, match="a") as raised:
        raise ValueError("a\n  b")
    line = raised.value.__traceback__.tb_lineno
    function = "test_an_error_in_one_line_says_where_it_was_raised"
    assert errors.in_one_line(raised.value) == f"ValueError: a b (test_errors.py:{line} in {function})"


def test_an_import_that_failed_has_no_place_in_the_users_code() -> None:
    with pytest.raises(ModuleNotFoundError) as raised:
        importlib.import_module("not_a_package_at_all")
    assert errors.in_one_line(raised.value) == "ModuleNotFoundError: No module named 'not_a_package_at_all'"
