"""Reads PDFs of strangers in a process of its own, which ends when it takes too much.

Run by ``upload.check_uploads`` and not imported by the server: it knows nothing of Odoo. In comes a line of JSON with
the sizes of the files, then the files; out goes a line of JSON with a reason for each, empty for those to be taken.
"""
import contextlib
import importlib
import io
import json
import logging
import resource
import sys

#: What all files of a request together may take: seconds of the processor, bytes of memory.
CPU_SECONDS = 2
MEMORY = 280 * 1024 * 1024
MAX_OBJECTS = 20000
MAX_PAGES = 500
ACTIVE = ('/JavaScript', '/JS', '/Launch', '/EmbeddedFile', '/EmbeddedFiles', '/RichMedia', '/XFA')


def limit():
    """Take no more than allowed, whatever the files make the library do."""
    resource.setrlimit(resource.RLIMIT_CPU, (CPU_SECONDS, CPU_SECONDS))
    resource.setrlimit(resource.RLIMIT_AS, (MEMORY, MEMORY))
    resource.setrlimit(resource.RLIMIT_FSIZE, (0, 0))
    resource.setrlimit(resource.RLIMIT_CORE, (0, 0))


def read_pdf(content, reader_class):
    """Return why a PDF is not taken: content, password, size, active, or nothing."""
    try:
        reader = reader_class(io.BytesIO(content), strict=False)
        if reader.is_encrypted:
            return 'password'
        objects = count_objects(reader)
        if objects is None:
            return 'active'
        if objects > MAX_OBJECTS:
            return 'size'
        pages = len(reader.pages)
        return 'content' if not pages else 'size' if pages > MAX_PAGES else ''
    except (MemoryError, RecursionError):
        return 'size'
    except Exception:  # noqa: BLE001 whatever a broken PDF makes the library raise
        return 'content'


def count_objects(reader):
    """Return how many objects are reachable from the catalogue, or None if one does something or holds a file.

    Compressed objects too, so that nothing hides there.
    """
    todo, seen = [reader.trailer['/Root']], set()
    while todo and len(seen) <= MAX_OBJECTS:
        item = todo.pop()
        reference = getattr(item, 'idnum', None)
        if reference is not None:
            if reference in seen:
                continue
            seen.add(reference)
            item = item.get_object()
        if isinstance(item, dict):
            if any(key in item for key in ACTIVE) or item.get('/S') in ('/JavaScript', '/Launch'):
                return None
            todo += [dict.get(item, key) for key in item]
        elif isinstance(item, list):
            todo += list(item)
    return len(seen)


def find_reader():
    """Return the library's reader, which has two names: the newer one and that of Odoo's own image."""
    for name in ('pypdf', 'PyPDF2'):
        with contextlib.suppress(ImportError):
            return importlib.import_module(name).PdfReader
    raise ImportError('pypdf')


def main():
    """Read the files one after the other; each answer goes out at once, for the case that the next ends it."""
    logging.disable(logging.CRITICAL)
    reader_class = find_reader()
    limit()
    for size in json.loads(sys.stdin.buffer.readline()):
        sys.stdout.write(json.dumps(read_pdf(sys.stdin.buffer.read(size), reader_class)) + '\n')
        sys.stdout.flush()


if __name__ == '__main__':
    main()
