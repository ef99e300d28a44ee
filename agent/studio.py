"""The conversation's graph as LangGraph Studio loads it (`langgraph.json`).

Studio brings its own checkpointer, so this graph has none.
"""

from agent.assembly import Weir

graph = Weir.open().conversation().graph
