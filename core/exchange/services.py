"""What all connections share."""

from concurrent.futures import Executor
from dataclasses import dataclass
from typing import TYPE_CHECKING

from core.exchange.faults import Faults
from core.exchange.hub import Hub
from core.exchange.market import Market
from core.exchange.policy import SocketPolicy
from core.exchange.rest import Rest
from core.exchange.stats import Stats

if TYPE_CHECKING:
    from core.exchange.backstage import Backstage
    from core.exchange.switchboard import Switchboard


@dataclass(frozen=True, slots=True, eq=False)
class Services:
    """The parts of one exchange; `executor` runs what REST has to compute."""

    market: Market
    hub: Hub
    rest: Rest
    stats: Stats
    policy: SocketPolicy
    executor: Executor
    faults: Faults
    switchboard: "Switchboard"
    backstage: "Backstage"
