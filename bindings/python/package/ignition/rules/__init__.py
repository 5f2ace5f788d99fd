"""The pure rules: functions of values, without a store, a clock or an engine.

Many values are passed as arrays: anything with the buffer protocol (NumPy, `array.array`, `memoryview`), with Arrow's
`__arrow_c_array__`, or with NumPy's `__array__` (pandas). They are read where they lie, so they must have the element
type that is asked for, lie without gaps, and not be changed meanwhile. Results are NumPy's arrays where NumPy is
installed, else of the module `array`. Instants in arrays are int64 microseconds since 1970 (NumPy's datetime64[us], too),
days int32 days since 1970; the smallest integer, NumPy's NaT, stands for none.
"""

from . import focus, fsrs, levels, lists, recurrence, sm2, streaks, training

__all__ = ["focus", "fsrs", "levels", "lists", "recurrence", "sm2", "streaks", "training"]
