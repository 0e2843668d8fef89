# Writes FILE as the C string NAME into HEADER.
file(READ ${FILE} hex HEX)
string(REGEX REPLACE "(..)" "0x\\1," bytes "${hex}")
string(REPLACE "0x0a," "0x0a,\n" bytes "${bytes}")
file(WRITE ${HEADER} "static const char ${NAME}[] = {\n${bytes}0x00};\n")
