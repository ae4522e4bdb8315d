"""What process tests stand on: real Odoo servers on databases of their own, and a way to talk.

``./sam test`` passes the surroundings in environment variables. By hand, from the repository::

    ODOO_RC=odoo.conf ODOO_HOME=…/odoo-18.0 SAM_TEMPLATE_DB=installed pytest tests/process

where odoo.conf names the PostgreSQL server, the data directory and the addons path, and the
template database has the addons installed and nobody connected.
"""

from .database import Database
from .rpc import Rpc, RpcError
from .server import OdooServer
from .settings import Settings
from .stage import Stage, World

__all__ = ["Database", "OdooServer", "Rpc", "RpcError", "Settings", "Stage", "World"]
