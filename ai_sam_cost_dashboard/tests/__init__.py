from . import (
    test_dashboard_accessibility,
    test_dashboard_figures,
    test_dashboard_tours,
    test_format_usd,
    test_hoot,
)
