-- A copy of a production database must not spend money: no keys, no active providers.
UPDATE ai_service_provider SET api_key_value = NULL, active = FALSE;
DELETE FROM ai_thread_summary;
-- Nor does it answer as the original would: no pattern is asked.
UPDATE ai_answer_pattern SET active = FALSE;
