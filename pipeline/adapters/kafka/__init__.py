"""Kafka: how to log in, which topics there are, how records are read and written.

``connect`` settings of both client libraries, and their errors as one sentence · ``topics`` names, sizes, creation ·
``records`` what a record of each topic holds · ``send`` confirmed writes from a worker (aiokafka) · ``produce`` payloads
into ``wire.incoming`` (kafka-python) · ``read`` the alerts of a topic since a time (kafka-python).
"""
