"""A mail server in trouble: run as ``python -m sick_mail PORT FOLDER SEED``.

Of each message it is drawn what becomes of it: it is taken late, the server is busy (451), or it hangs up in the
middle of the message. What it takes is kept like the mail catcher keeps it.
"""
import asyncio
import random
import sys
from pathlib import Path

from aiosmtpd.smtp import SMTP

from launcher.mail_catcher import Keeper

LATE_SECONDS = 0.8


class SickServer(SMTP):
    """Server of one connection."""

    def __init__(self, keeper, rng):
        super().__init__(keeper, enable_SMTPUTF8=True)
        self.rng = rng

    async def smtp_RCPT(self, arg):
        """Be busy, now and then."""
        if self.rng.random() < 0.2:
            await self.push('451 4.3.2 Busy, try again later')
            return
        await super().smtp_RCPT(arg)

    async def smtp_DATA(self, arg):
        """Answer late, or hang up in the middle."""
        if self.rng.random() < 0.4:
            await self.push('354 End data with <CR><LF>.<CR><LF>')
            await self._reader.read(64)
            self.transport.abort()
            return
        await asyncio.sleep(LATE_SECONDS)
        await super().smtp_DATA(arg)


async def serve(port, folder, seed):
    """Serve on the loopback interface for ever."""
    rng = random.Random(seed)
    server = await asyncio.get_running_loop().create_server(
        lambda: SickServer(Keeper(folder), rng), '127.0.0.1', port)
    await server.serve_forever()


if __name__ == '__main__':
    asyncio.run(serve(int(sys.argv[1]), Path(sys.argv[2]), sys.argv[3]))
