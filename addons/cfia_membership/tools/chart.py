from lxml import etree
from markupsafe import Markup
from reportlab.graphics import renderSVG
from reportlab.graphics.charts.barcharts import HorizontalBarChart
from reportlab.graphics.shapes import Drawing, Rect, String
from reportlab.lib.colors import Color, black, white
from reportlab.pdfbase import pdfmetrics
from reportlab.pdfbase.cidfonts import UnicodeCIDFont

# measures Chinese text; what draws the image has fonts of its own
FONT = 'STSong-Light'
FONT_FAMILY = "'Noto Sans CJK SC', 'Source Han Sans SC', 'Microsoft YaHei', SimHei, sans-serif"
# dark, middle, none: legible without colour
FILLS = (Color(0.12, 0.21, 0.39), Color(0.68, 0.68, 0.68), white)
WIDTH = 680
LABEL_WIDTH = 150
ROW_HEIGHT = 36
HEADING_HEIGHT = 26
AXIS_HEIGHT = 24

pdfmetrics.registerFont(UnicodeCIDFont(FONT))


def draw_bars(title, series, charts):
    """Draw horizontal bars, one chart below the other, as SVG for a page, a paper or a mail.

    :param str title: what the image shows, for those who cannot see it
    :param list[str] series: names of at most three bars that stand beside each other in every row
    :param list[tuple[str, list[tuple[str, list[int]]]]] charts: heading and rows (name, value by series)
    :return: the SVG element and its size in pixels
    :rtype: tuple[Markup, int, int]
    """
    charts = [chart for chart in charts if chart[1]]
    height = HEADING_HEIGHT + sum(HEADING_HEIGHT + ROW_HEIGHT * len(rows) + AXIS_HEIGHT for _heading, rows in charts)
    drawing = Drawing(WIDTH, height)
    drawing.add(Rect(0, 0, WIDTH, height, fillColor=white, strokeColor=None))
    top = height - HEADING_HEIGHT
    for number, name in enumerate(series):
        left = LABEL_WIDTH + 150 * number
        drawing.add(Rect(left, top + 8, 18, 9, fillColor=FILLS[number], strokeColor=black, strokeWidth=0.6))
        drawing.add(String(left + 24, top + 8, name, fontName=FONT, fontSize=12))
    for heading, rows in charts:
        top -= HEADING_HEIGHT
        drawing.add(String(0, top + 8, heading, fontName=FONT, fontSize=14))
        top -= ROW_HEIGHT * len(rows)
        drawing.add(_prepare_bars(rows, len(series), top))
        top -= AXIS_HEIGHT
    svg = etree.fromstring(renderSVG.drawToString(drawing).encode())
    namespace = {'svg': svg.nsmap[None]}
    svg.set('role', 'img')
    svg.find('svg:title', namespace).text = title
    svg.remove(svg.find('svg:desc', namespace))
    # a page may show several: nothing in them is known by an id
    svg.remove(svg.find('svg:clipPath', namespace))
    group = svg.find('svg:g', namespace)
    del group.attrib['id'], group.attrib['style']
    return Markup(etree.tostring(svg, encoding='unicode').replace(FONT, FONT_FAMILY)), WIDTH, height


def _prepare_bars(rows, count, bottom):
    """Return a chart whose rows, and the bars in a row, stand from top to bottom as given."""
    chart = HorizontalBarChart()
    chart.x, chart.y = LABEL_WIDTH, bottom
    chart.width, chart.height = WIDTH - LABEL_WIDTH - 30, ROW_HEIGHT * len(rows)
    chart.data = [[values[number] for _name, values in rows] for number in reversed(range(count))]
    for number in range(count):
        bar = chart.bars[number]
        bar.fillColor, bar.strokeColor, bar.strokeWidth = FILLS[count - 1 - number], black, 0.6
    chart.groupSpacing = 8
    chart.barLabelFormat = '%d'
    chart.barLabels.fontName, chart.barLabels.fontSize = FONT, 9
    chart.barLabels.boxAnchor, chart.barLabels.dx = 'w', 4
    chart.categoryAxis.categoryNames = [_shorten(name) for name, _values in rows]
    chart.categoryAxis.reverseDirection = 1
    chart.categoryAxis.visibleTicks = 0
    chart.categoryAxis.labels.fontName, chart.categoryAxis.labels.fontSize = FONT, 12
    chart.valueAxis.valueMin = 0
    chart.valueAxis.valueMax = max([*(value for _name, values in rows for value in values), 4]) * 1.06
    chart.valueAxis.labels.fontName, chart.valueAxis.labels.fontSize = FONT, 9
    chart.valueAxis.labelTextFormat = '%d'
    return chart


def _shorten(name):
    """Return a name that has room before the bars."""
    length = len(name)
    while length > 1 and pdfmetrics.stringWidth(name[:length], FONT, 12) > LABEL_WIDTH - 20:
        length -= 1
    return name if length == len(name) else f'{name[:length]}…'
