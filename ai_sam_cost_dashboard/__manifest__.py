{
    "name": "AI Costs",
    "summary": "Cost dashboard, budgets, providers and chat for the AI models a company uses",
    "version": "18.0.1.0.0",
    "category": "Productivity/AI Costs",
    "author": "SAM AI",
    "license": "LGPL-3",
    "depends": ["ai_brain", "web"],
    "external_dependencies": {"python": ["markdown-it-py"]},
    "data": [
        "security/ir.model.access.csv",
        "views/ai_cost_dashboard_views.xml",
        "views/ai_token_usage_views.xml",
        "views/ai_provider_price_views.xml",
        "wizards/ai_provider_wizard_views.xml",
        "views/ai_service_provider_views.xml",
        "views/ai_cost_reservation_views.xml",
        "views/ai_conversation_views.xml",
        "views/ai_cost_budget_views.xml",
        "views/res_config_settings_views.xml",
        "views/menus.xml",
    ],
    "demo": [],
    "assets": {
        "web.assets_backend": [
            "ai_sam_cost_dashboard/static/src/utils/**/*",
            "ai_sam_cost_dashboard/static/src/usd_field/**/*",
            "ai_sam_cost_dashboard/static/src/loaders/**/*",
            "ai_sam_cost_dashboard/static/src/gauge/**/*",
        ],
        "ai_sam_cost_dashboard.assets_dashboard": [
            "ai_sam_cost_dashboard/static/src/dashboard/**/*",
        ],
        "ai_sam_cost_dashboard.assets_ask_ai": [
            "ai_sam_cost_dashboard/static/src/ask_ai/**/*",
        ],
        "web.assets_unit_tests": [
            "ai_sam_cost_dashboard/static/src/dashboard/**/*",
            "ai_sam_cost_dashboard/static/src/ask_ai/**/*",
            "ai_sam_cost_dashboard/static/tests/**/*",
            ("remove", "ai_sam_cost_dashboard/static/tests/tours/**/*"),
        ],
        "web.assets_tests": [
            "ai_sam_cost_dashboard/static/tests/tours/**/*",
        ],
    },
    "application": True,
}
