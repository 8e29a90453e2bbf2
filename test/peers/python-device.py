"""A Modbus device served by pymodbus. Its registers come as JSON lines on stdin: {"h": {"1000": 2}, "i": {...}} (null takes one away);
what a client writes goes out on stdout: {"fc": 6, "address": 5004, "words": [10000]}."""
import asyncio
import json
import sys
import threading

from pymodbus.datastore import ModbusServerContext, ModbusSlaveContext, ModbusSparseDataBlock
from pymodbus.server import StartAsyncTcpServer

# Debian 12 has pymodbus 3.0, whose context counts from 0 if it is asked to; in Debian 13's 3.8 blocks count from 1 always.
try:
    from pymodbus.framer import FramerType  # noqa: F401
    FROM, ZERO = 1, {}
except ImportError:
    FROM, ZERO = 0, {"zero_mode": True}


class Registers(ModbusSparseDataBlock):
    """Tells the world what was written, and keeps it."""

    def written(self, function_code, address, words):
        super().setValues(address + FROM, words)
        print(json.dumps({"fc": function_code, "address": address, "words": words}), flush=True)


class Device(ModbusSlaveContext):
    def setValues(self, fc_as_hex, address, values):
        self.store[self.decode(fc_as_hex)].written(fc_as_hex, address, list(values))


def follow(blocks):
    for line in sys.stdin:
        for table, registers in json.loads(line).items():
            for address, word in registers.items():
                if word is None:
                    blocks[table].values.pop(int(address) + FROM, None)
                else:
                    blocks[table].values[int(address) + FROM] = word


async def serve(port, unit):
    # pymodbus takes an empty block for a missing one
    blocks = {table: Registers({65535 + FROM: 0}) for table in ("h", "i")}
    device = Device(hr=blocks["h"], ir=blocks["i"], **ZERO)
    threading.Thread(target=follow, args=(blocks,), daemon=True).start()
    context = ModbusServerContext(slaves={unit: device}, single=False)
    await StartAsyncTcpServer(context=context, address=("127.0.0.1", port), ignore_missing_slaves=True)


if __name__ == "__main__":
    asyncio.run(serve(int(sys.argv[1]), int(sys.argv[2])))
