-- A copy of a production database must not spend money: no keys, no active providers.
UPDATE ai_service_provider SET api_key_value = NULL, active = FALSE;
-- It serves no kept answers and keeps none; ai.agent looks at database.is_neutralized besides.
DELETE FROM ai_answer;
DELETE FROM ai_answer_claim;
UPDATE ai_answer_judgement
   SET asked = NULL, kept_question = NULL, kept_answer = NULL, new_answer = NULL;
DELETE FROM ai_thread_summary;
-- Nor does it answer as the original would: no pattern is asked.
UPDATE ai_answer_pattern SET active = FALSE;
-- The endpoint is off and no key opens it.
DELETE FROM ir_config_parameter WHERE key = 'ai_brain.endpoint';
UPDATE ai_gateway_key SET secret_digest = NULL;
