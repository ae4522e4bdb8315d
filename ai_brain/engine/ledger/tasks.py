"""What a model can be used for."""

#: (code, English label): the selection of every field that names a task.
TASK_TYPES = [
    ("chat", "Chat"),
    ("voice_to_text", "Voice to text"),
    ("text_to_speech", "Text to speech"),
    ("embedding", "Embedding"),
    ("image", "Image"),
    ("other", "Other"),
]
#: Those that are served. The others are refused.
CHAT, EMBEDDING, VOICE_TO_TEXT = "chat", "embedding", "voice_to_text"
SERVED = (CHAT, EMBEDDING, VOICE_TO_TEXT)
