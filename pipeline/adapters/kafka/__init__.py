"""Kafka: how to log in, which topics there are, how records are read and written.

``connect``: the settings of both client libraries, and their errors as one sentence; ``topics``: names, sizes and
creation; ``records``: what a record of each topic holds; ``send``: confirmed writes of a worker (aiokafka);
``produce``: payloads into ``wire.incoming`` (kafka-python); ``read``: alerts since a time (kafka-python).
"""
