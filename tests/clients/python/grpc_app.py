"""A gRPC echo on a port of its own; messages are plain bytes, no generated code is needed."""

from concurrent.futures import ThreadPoolExecutor

import grpc

UNLIMITED = [("grpc.max_receive_message_length", -1), ("grpc.max_send_message_length", -1)]


def unary(request, context):
    sent = dict(context.invocation_metadata())
    context.send_initial_metadata([("x-initial", sent.get("x-mine", "none"))])
    context.set_trailing_metadata([("x-trailing", "last"), ("x-trailing-bin", b"\x00\xff")])
    return request


def both(requests, context):
    count = 0
    for request in requests:
        count += 1
        yield request
    context.set_trailing_metadata([("x-count", str(count))])


def refuse(request, context):
    context.set_trailing_metadata([("grpc-status-details-bin", b"\x08\x05\x12\x04gone")])
    context.abort(grpc.StatusCode.NOT_FOUND, "no such thing: caf\u00e9 100%")


def refuse_late(request, context):
    yield b"first"
    context.abort(grpc.StatusCode.DATA_LOSS, "after the first")


def main():
    server = grpc.server(ThreadPoolExecutor(8), options=UNLIMITED)
    methods = {
        "Unary": grpc.unary_unary_rpc_method_handler(unary),
        "Both": grpc.stream_stream_rpc_method_handler(both),
        "Refuse": grpc.unary_unary_rpc_method_handler(refuse),
        "RefuseLate": grpc.unary_stream_rpc_method_handler(refuse_late),
    }
    handler = grpc.method_handlers_generic_handler("test.Echo", methods)
    server.add_generic_rpc_handlers((handler,))
    port = server.add_insecure_port("127.0.0.1:0")
    server.start()
    print(f"listening on http://127.0.0.1:{port}", flush=True)
    server.wait_for_termination()


main()
