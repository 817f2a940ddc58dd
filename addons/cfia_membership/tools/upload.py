"""Files from people whom nobody knows: what they say they are, they have to be.

One check for all doors. Nothing of a picture is decoded and no PDF is read in the server's own process: what a few
kilobytes unfold into, and for how long, is seen by a process that may take only so much.
"""
import io
import json
import os
import re
import subprocess
import sys
import unicodedata
import warnings
from pathlib import Path

from PIL import Image

from odoo.exceptions import UserError
from odoo.tools.mimetypes import guess_mimetype

# content type → extensions, the first of which is given to files that have another one of these
UPLOAD_TYPES = {
    'application/pdf': ('.pdf',),
    'image/png': ('.png',),
    'image/jpeg': ('.jpg', '.jpeg'),
}
UPLOAD_SIZE = 10 * 1024 * 1024
#: Files of one request.
UPLOAD_FILES = 12
_IMAGE_FORMATS = {'image/png': 'PNG', 'image/jpeg': 'JPEG'}
#: A page of A4 at 600 dots an inch has 35 million.
MAX_PIXELS = 40_000_000
#: Beyond what telephones take; what has more is not decoded while its sender waits.
MAX_DECODED_PIXELS = 24_000_000
_NAME_LENGTH = 100
# browsers look at the beginning only when they guess; no scan begins like this
_MARKUP = re.compile(rb'<(?:!doctype|html|head|body|script|svg|iframe|\?php|\?xml-stylesheet)', re.IGNORECASE)
_MARKUP_ANYWHERE = re.compile(rb'<script|<\?php', re.IGNORECASE)
_HEAD = 2048
# an archive is read from its end: where this record stands, the file is a ZIP, too
_ZIP_END = b'PK\x05\x06'
_ZIP_TAIL = 65557
_READER = Path(__file__).with_name('upload_reader.py')
#: Until the reader is ended from outside; by itself it ends after its seconds of the processor.
_READER_SECONDS = 6


class UploadRefused(ValueError):
    """Why a file is not taken: ``reason`` is empty, size, type, content, password or active."""

    def __init__(self, reason):
        super().__init__(reason)
        self.reason = reason


def clean_filename(name, mimetype):
    """Return a name under which a file may be kept: no path, no control or direction characters.

    :param str name: as the browser sent it
    :param str mimetype: key of ``UPLOAD_TYPES``, whose extension the name gets
    :rtype: str
    """
    name = re.split(r'[\\/]', name or '')[-1]
    name = ''.join(
        character for character in unicodedata.normalize('NFC', name)
        if unicodedata.category(character)[0] != 'C' and character not in '<>:"|?*')
    stem, dot, extension = name.rpartition('.')
    if f'.{extension.lower()}' not in UPLOAD_TYPES[mimetype]:
        known = {known for extensions in UPLOAD_TYPES.values() for known in extensions}
        if not dot or f'.{extension.lower()}' not in known:
            stem = name
        extension = UPLOAD_TYPES[mimetype][0][1:]
    return f"{stem.strip(' .')[:_NAME_LENGTH] or 'scan'}.{extension.lower()}"


def check_upload(name, content):
    """Check a file by its content, whatever its name and the browser say; see :func:`check_uploads`.

    :return: name to keep it under, content type
    :rtype: tuple[str, str]
    :raise UploadRefused: with the reason
    """
    result = check_uploads([(name, content)])[0]
    if isinstance(result, UploadRefused):
        raise result
    return result


def check_uploads(files):
    """Check the files of a request by their content, whatever their names and the browser say.

    Taken are PDF, PNG and JPEG that are that and nothing else: no file that another program could
    read as a page, a script or an archive, no PDF that does something when it is opened.

    :param files: pairs of the name as the browser sent it and the content, at most one byte more than ``UPLOAD_SIZE``
    :return: for each file a pair of the name to keep it under and the content type, or an :class:`UploadRefused`
    :rtype: list
    """
    results = []
    for name, content in files:
        try:
            results.append(_check_outside(name, content))
        except UploadRefused as refusal:
            results.append(refusal)
    pdfs = [
        index for index, result in enumerate(results)
        if not isinstance(result, UploadRefused) and result[1] == 'application/pdf']
    for index, reason in zip(pdfs, _read_pdfs([files[index][1] for index in pdfs]) if pdfs else ()):
        if reason:
            results[index] = UploadRefused(reason)
    return results


def read_uploads(env, uploads, most=UPLOAD_FILES):
    """Read and check what was uploaded, for those who know nothing of the reasons.

    :param env: environment, for the language
    :param uploads: files of the request; those without a name are none
    :param int most: how many are taken
    :return: values of attachments, for ``unlocked(ir.attachment).create``, which does not check them again
    :rtype: list[dict]
    :raise UserError: naming the file and the way out
    """
    uploads = [upload for upload in uploads if upload.filename]
    if len(uploads) > most:
        raise UserError(env._("Please send at most %(count)s files.", count=most))
    files = [(upload.filename, upload.read(UPLOAD_SIZE + 1)) for upload in uploads]
    vals_list = []
    for (name, content), result in zip(files, check_uploads(files)):
        if isinstance(result, UploadRefused):
            raise UserError(explain_refusal(env, name, result.reason))
        vals_list.append({'name': result[0], 'raw': content, 'mimetype': result[1]})
    return vals_list


def explain_refusal(env, name, reason):
    """Return why a file is not taken and the way out, for people.

    :param str reason: of :class:`UploadRefused`
    """
    reasons = {
        'empty': env._("%(file)s is empty. Choose the file again."),
        'size': env._("%(file)s is too large. Files may have up to 10 MB: scan with 200 dpi, or save as JPEG."),
        'type': env._("%(file)s is no PDF, PNG or JPEG. Save or scan it as one of these."),
        'content': env._("%(file)s is damaged, or not what its name says. Save or scan it anew as PDF, PNG or JPEG."),
        'password': env._("%(file)s is protected by a password. Save it without one."),
        'active': env._("%(file)s holds scripts or further files. Print it to a PDF and send that."),
    }
    return reasons[reason].replace('%(file)s', (name or '')[:_NAME_LENGTH])


def is_large_image(content):
    """Tell whether decoding a picture would take more than a request may, by its header.

    :param bytes content: of any file
    """
    try:
        with _open_image(content) as image:
            return image.width * image.height > MAX_DECODED_PIXELS
    except Image.DecompressionBombError:
        return True
    except Exception:  # noqa: BLE001 no picture, or none that is read here
        return False


def _check_outside(name, content):
    """Check what is seen without reading the file; return name and content type.

    :raise UploadRefused: with the reason
    """
    if not content:
        raise UploadRefused('empty')
    if len(content) > UPLOAD_SIZE:
        raise UploadRefused('size')
    mimetype = guess_mimetype(content)
    extension = re.search(r'\.[^.]*$', name or '')
    known = {known for extensions in UPLOAD_TYPES.values() for known in extensions}
    if mimetype not in UPLOAD_TYPES or extension and extension[0].lower() not in known:
        raise UploadRefused('type')
    if _MARKUP.search(content[:_HEAD]) or _ZIP_END in content[-_ZIP_TAIL:]:
        raise UploadRefused('content')
    # what stands before the header may be a page of its own
    if mimetype == 'application/pdf' and not content.startswith(b'%PDF-'):
        raise UploadRefused('content')
    if mimetype != 'application/pdf':
        _check_image(content, mimetype)
    return clean_filename(name, mimetype), mimetype


def _open_image(content, formats=None):
    with warnings.catch_warnings():
        # what is too large is refused here
        warnings.simplefilter('ignore', Image.DecompressionBombWarning)
        return Image.open(io.BytesIO(content), formats=formats)


def _check_image(content, mimetype):
    if b'%PDF-' in content[:_HEAD] or _MARKUP_ANYWHERE.search(content):
        raise UploadRefused('content')
    try:
        # reads the header; the picture itself is not decoded
        with _open_image(content, formats=[_IMAGE_FORMATS[mimetype]]) as image:
            if image.width * image.height > MAX_PIXELS:
                raise UploadRefused('size')
            image.verify()
    except UploadRefused:
        raise
    except Image.DecompressionBombError as error:
        raise UploadRefused('size') from error
    except Exception as error:  # noqa: BLE001 whatever a broken image makes the library raise
        raise UploadRefused('content') from error


def _read_pdfs(contents):
    """Return for each PDF why it is not taken, empty for those that are; see ``upload_reader.py``.

    :param list contents: of the files of a request
    :rtype: list[str]
    """
    given = json.dumps([len(content) for content in contents]).encode() + b'\n' + b''.join(contents)
    # the library may lie wherever the server finds its own, and nothing else of its surroundings is handed on
    environment = {'PYTHONPATH': os.pathsep.join(filter(None, sys.path)), 'PYTHONDONTWRITEBYTECODE': '1'}
    try:
        output = subprocess.run(
            [sys.executable, '-s', str(_READER)], input=given, env=environment, timeout=_READER_SECONDS,
            stdout=subprocess.PIPE, stderr=subprocess.DEVNULL, check=False).stdout
    except subprocess.TimeoutExpired as expired:
        output = expired.stdout or b''
    reasons = [json.loads(line) for line in output.splitlines(keepends=True) if line.endswith(b'\n')]
    # it ended at the file that took too much; those after it are not known
    return reasons + ['size'] * (len(contents) - len(reasons))
