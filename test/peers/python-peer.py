"""pymodbus as server and as client, for the tests of the Modbus driver. Speaks JSON on stdout."""
import asyncio
import json
import sys

from pymodbus.client import ModbusSerialClient, ModbusTcpClient
from pymodbus.datastore import ModbusSequentialDataBlock, ModbusServerContext, ModbusSlaveContext
from pymodbus.device import ModbusDeviceIdentification
from pymodbus.server import StartAsyncSerialServer, StartAsyncTcpServer

# Debian 12 has pymodbus 3.0, Debian 13 has 3.8: names and places differ, the protocol does not.
try:
    from pymodbus.framer import FramerType
except ImportError:
    FramerType = None

if FramerType is None:
    from pymodbus.mei_message import ReadDeviceInformationRequest
    from pymodbus.register_write_message import MaskWriteRegisterRequest
    from pymodbus.transaction import ModbusAsciiFramer, ModbusRtuFramer, ModbusSocketFramer

    FRAMERS = {"tcp": ModbusSocketFramer, "rtu": ModbusRtuFramer, "ascii": ModbusAsciiFramer}
    FROM, ZERO = 0, {"zero_mode": True}
else:
    FRAMERS = {"tcp": FramerType.SOCKET, "rtu": FramerType.RTU, "ascii": FramerType.ASCII}
    # Its blocks count from 1 whatever is said.
    FROM, ZERO = 1, {}


async def serve(wire, framer, target):
    slaves = {}
    for unit in (1, 2):
        slaves[unit] = ModbusSlaveContext(
            di=ModbusSequentialDataBlock(FROM, [n % 3 == 0 for n in range(1000)]),
            co=ModbusSequentialDataBlock(FROM, [n % 2 == 0 for n in range(1000)]),
            hr=ModbusSequentialDataBlock(FROM, list(range(1000))),
            ir=ModbusSequentialDataBlock(FROM, [n + 1000 * unit for n in range(1000)]),
            **ZERO,
        )
    identity = ModbusDeviceIdentification()
    identity.VendorName = "pymodbus"
    identity.ProductCode = "PM"
    identity.MajorMinorRevision = "3.0"
    context = ModbusServerContext(slaves=slaves, single=False)
    common = {"context": context, "identity": identity, "framer": FRAMERS[framer], "ignore_missing_slaves": True}
    if wire == "net":
        await StartAsyncTcpServer(address=("127.0.0.1", int(target)), **common)
    else:
        await StartAsyncSerialServer(port=target, baudrate=19200, bytesize=8, timeout=0.02, **common)


def mask(client, address, and_mask, or_mask):
    if FramerType is None:
        return client.execute(MaskWriteRegisterRequest(address, and_mask, or_mask, unit=1))
    return client.mask_write_register(address=address, and_mask=and_mask, or_mask=or_mask, slave=1)


def read_write(client, read_address, count, write_address, values):
    if FramerType is None:
        return client.readwrite_registers(
            read_address=read_address, read_count=count, write_address=write_address, write_registers=values, unit=1
        )
    return client.readwrite_registers(
        read_address=read_address, read_count=count, write_address=write_address, values=values, slave=1
    )


def device_information(client):
    if FramerType is None:
        return client.execute(ReadDeviceInformationRequest(1, 0, unit=1))
    return client.read_device_information(read_code=1, object_id=0, slave=1)


def ask(wire, framer, target):
    if wire == "net":
        client = ModbusTcpClient("127.0.0.1", port=int(target), framer=FRAMERS[framer], timeout=2)
    else:
        client = ModbusSerialClient(target, framer=FRAMERS[framer], baudrate=19200, bytesize=8, timeout=2)
    client.connect()
    words = lambda answer: {"exception": answer.exception_code} if answer.isError() else answer.registers
    bits = lambda answer, count: {"exception": answer.exception_code} if answer.isError() else [int(b) for b in answer.bits[:count]]
    done = lambda answer: {"exception": answer.exception_code} if answer.isError() else "done"
    result = {
        "holding": words(client.read_holding_registers(100, count=5, slave=1)),
        "input": words(client.read_input_registers(7, count=3, slave=2)),
        "coils": bits(client.read_coils(0, count=10, slave=1), 10),
        "discrete": bits(client.read_discrete_inputs(3, count=9, slave=1), 9),
        "writeOne": done(client.write_register(10, 4711, slave=1)),
        "writeMany": done(client.write_registers(11, [1, 2, 65535], slave=1)),
        "writeCoil": done(client.write_coil(5, True, slave=1)),
        "writeCoils": done(client.write_coils(6, [True, False, True], slave=1)),
        "mask": done(mask(client, 10, 0xFF00, 0x00AA)),
        "readWrite": words(read_write(client, 10, 4, 12, [77])),
        "coilsAfter": bits(client.read_coils(5, count=4, slave=1), 4),
        "refused": words(client.read_holding_registers(60000, count=1, slave=1)),
    }
    if framer == "tcp":
        info = device_information(client)
        result["identification"] = [info.information[key].decode() for key in sorted(info.information)]
    client.close()
    print(json.dumps(result))


if __name__ == "__main__":
    mode, wire, framer, target = sys.argv[1:5]
    if mode == "serve":
        asyncio.run(serve(wire, framer, target))
    else:
        ask(wire, framer, target)
