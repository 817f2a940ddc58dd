"""A real SMTP server that keeps every message as a file and sends none on.

Run as ``python -m launcher.mail_catcher PORT FOLDER``.
"""
import asyncio
import re
import sys
from datetime import datetime
from email import message_from_bytes, policy
from pathlib import Path

from aiosmtpd.smtp import SMTP


class Keeper:
    """Handler of aiosmtpd that writes each message to ``folder`` as .eml."""

    def __init__(self, folder):
        self.folder = folder

    async def handle_DATA(self, server, session, envelope):
        """Keep one message; the name of its file tells when, to whom and about what."""
        message = message_from_bytes(envelope.content, policy=policy.default)
        parts = (f'{datetime.now():%Y%m%d-%H%M%S-%f}', envelope.rcpt_tos[0], message['Subject'] or '')
        name = '_'.join(re.sub(r'[^\w@.-]+', '-', part) for part in parts)
        (self.folder / f'{name.encode()[:200].decode(errors="ignore")}.eml').write_bytes(
            envelope.original_content or envelope.content)
        return '250 Message kept'


async def serve(port, folder):
    """Serve on the loopback interface for ever."""
    loop = asyncio.get_running_loop()
    server = await loop.create_server(
        lambda: SMTP(Keeper(folder), enable_SMTPUTF8=True), '127.0.0.1', port)
    await server.serve_forever()


if __name__ == '__main__':
    asyncio.run(serve(int(sys.argv[1]), Path(sys.argv[2])))
