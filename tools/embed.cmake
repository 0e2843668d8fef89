# Writes BINARY (a SPIR-V module) as the C array NAME of 32-bit words into HEADER.
file(READ ${BINARY} hex HEX)
string(REGEX REPLACE "(..)(..)(..)(..)" "0x\\4\\3\\2\\1," words "${hex}")
string(REGEX REPLACE "((0x........,)(0x........,)?(0x........,)?(0x........,)?(0x........,)?(0x........,)?(0x........,)?(0x........,)?)"
       "\\1\n" words "${words}")
file(WRITE ${HEADER} "static const uint32_t ${NAME}[] = {\n${words}};\n")
