"""Has the database file examined once, beside the collecting, where the last run did not end in order."""

from threading import Event, Thread

from loguru import logger

from core.errors import StoreCorrupt, StoreError
from core.store import Store
from core.store.integrity import Examination

_LAST_SECONDS = 5.0


class Inspector:
    """The examining thread. `damage` is what it found, in words; empty where nothing was looked for or found."""

    def __init__(self, store: Store) -> None:
        self._store = store
        self._examination = Examination(store.reader)
        self._ended = Event()
        self._thread = Thread(target=self._run, name="inspector", daemon=True)
        self.damage = ""

    def start(self) -> None:
        if not self._store.ended_in_order:
            self._thread.start()

    def stop(self) -> None:
        self._ended.set()
        self._examination.end()
        if self._thread.is_alive():
            self._thread.join(_LAST_SECONDS)

    def _run(self) -> None:
        try:
            found = self._examination.damages()
        except StoreCorrupt as error:
            self.damage = str(error)
        except StoreError as error:
            if not self._ended.is_set():
                logger.warning("the database was not examined: {}", error)
            return
        else:
            if found:
                self.damage = (
                    f"the database {self._store.url.database} is damaged ({found[0]}): stop the desk and move the file "
                    "away or restore a backup; python -m core audit says what else is wrong"
                )
        if self.damage:
            logger.error("{}", self.damage)
        else:
            logger.info("the last run did not end in order; the database file is sound")
