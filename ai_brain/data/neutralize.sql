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
-- It sends, asks for and calls back nothing of what waits; ai.batch looks at
-- database.is_neutralized besides. The texts go.
UPDATE ai_batch_request SET body = NULL, answer = NULL, question = NULL;
UPDATE ai_batch_request SET state = 'cancelled' WHERE state IN ('waiting', 'sent');
UPDATE ai_batch_request SET callback_state = 'none' WHERE callback_state = 'pending';
UPDATE ai_batch SET state = 'uncertain' WHERE state IN ('holding', 'sending', 'sent', 'running');
-- Nor does it train anything, and what would be learnt from goes.
UPDATE ai_tuning_job
   SET state = 'uncertain', vendor_ref = NULL, label = NULL, file_refs = NULL,
       reservation_key = NULL, lease_until = NULL
 WHERE state IN ('waiting', 'sending', 'sent', 'running');
UPDATE ai_tuning_job SET state = 'draft' WHERE state = 'ready';
DELETE FROM ai_tuning_example;
DELETE FROM ir_attachment WHERE res_model IN ('ai.tuning.job', 'ai.tuning.example');
-- Nothing is under way in a copy, so nothing is held.
DELETE FROM ai_cost_reservation;
UPDATE ai_cost_budget_period SET reserved = 0 WHERE reserved != 0;
-- The endpoint is off and no key opens it.
DELETE FROM ir_config_parameter WHERE key = 'ai_brain.endpoint';
UPDATE ai_gateway_key SET secret_digest = NULL;
