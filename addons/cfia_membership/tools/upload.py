"""Files from people whom nobody knows: what they say they are, they have to be."""
import io
import re
import unicodedata

from PIL import Image

from odoo.tools import mute_logger, pdf
from odoo.tools.mimetypes import guess_mimetype

# content type → extensions, the first of which is given to files that have another one of these
UPLOAD_TYPES = {
    'application/pdf': ('.pdf',),
    'image/png': ('.png',),
    'image/jpeg': ('.jpg', '.jpeg'),
}
UPLOAD_SIZE = 10 * 1024 * 1024
_IMAGE_FORMATS = {'image/png': 'PNG', 'image/jpeg': 'JPEG'}
_MAX_PIXELS = 120_000_000
_NAME_LENGTH = 100
# browsers look at the beginning only when they guess; no scan begins like this
_MARKUP = re.compile(rb'<(?:!doctype|html|head|body|script|svg|iframe|\?php|\?xml-stylesheet)', re.IGNORECASE)
_MARKUP_ANYWHERE = re.compile(rb'<script|<\?php', re.IGNORECASE)
_HEAD = 2048
# an archive is read from its end: where this record stands, the file is a ZIP, too
_ZIP_END = b'PK\x05\x06'
_ZIP_TAIL = 65557
_PDF_ACTIVE = ('/JavaScript', '/JS', '/Launch', '/EmbeddedFile', '/EmbeddedFiles', '/RichMedia', '/XFA')
_PDF_MAX_OBJECTS = 20000


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
    """Check a file by its content, whatever its name and the browser say.

    Taken are PDF, PNG and JPEG that are that and nothing else: no file that another program could
    read as a page, a script or an archive, no PDF that does something when it is opened.

    :param str name: as the browser sent it
    :param bytes content: at most one byte more than ``UPLOAD_SIZE``
    :return: name to keep it under, content type
    :rtype: tuple[str, str]
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
    if mimetype == 'application/pdf':
        _check_pdf(content)
    else:
        _check_image(content, mimetype)
    return clean_filename(name, mimetype), mimetype


def _check_image(content, mimetype):
    if b'%PDF-' in content[:_HEAD] or _MARKUP_ANYWHERE.search(content):
        raise UploadRefused('content')
    try:
        with Image.open(io.BytesIO(content), formats=[_IMAGE_FORMATS[mimetype]]) as image:
            if image.width * image.height > _MAX_PIXELS:
                raise UploadRefused('size')
            image.verify()
    except UploadRefused:
        raise
    except Exception as error:  # noqa: BLE001 whatever a broken image makes the library raise
        raise UploadRefused('content') from error


def _check_pdf(content):
    # what stands before the header may be a page of its own
    if not content.startswith(b'%PDF-'):
        raise UploadRefused('content')
    try:
        # what strangers send is no concern of the log
        with mute_logger('pypdf'):
            reader = pdf.PdfReader(io.BytesIO(content), strict=False)
            if reader.is_encrypted:
                raise UploadRefused('password')
            if not reader.pages:
                raise UploadRefused('content')
            is_active = _has_active_content(reader)
    except UploadRefused:
        raise
    except Exception as error:  # noqa: BLE001 whatever a broken PDF makes the library raise
        raise UploadRefused('content') from error
    if is_active:
        raise UploadRefused('active')


def _has_active_content(reader):
    """Tell whether a PDF holds scripts, programs to start or other files.

    Walks what is reachable from the catalogue, compressed objects too, so that nothing hides there.
    """
    todo, seen = [reader.trailer['/Root']], set()
    while todo:
        item = todo.pop()
        reference = getattr(item, 'idnum', None)
        if reference is not None:
            if reference in seen:
                continue
            seen.add(reference)
            if len(seen) > _PDF_MAX_OBJECTS:
                raise UploadRefused('size')
            item = item.get_object()
        if isinstance(item, dict):
            if any(key in item for key in _PDF_ACTIVE) or item.get('/S') in ('/JavaScript', '/Launch'):
                return True
            todo += [dict.get(item, key) for key in item]
        elif isinstance(item, list):
            todo += list(item)
    return False
