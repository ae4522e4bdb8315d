{
    "name": "AI Brain Probe",
    "summary": "Drives AI Brain into corners, for the process tests only",
    "version": "18.0.1.0.0",
    "category": "Hidden",
    "author": "SAM AI",
    "license": "LGPL-3",
    "depends": ["ai_brain"],
    "data": ["security/ir.model.access.csv"],
}
